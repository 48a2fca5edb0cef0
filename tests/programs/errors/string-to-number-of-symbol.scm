;; A symbol where text is wanted.
(string->number '12)
