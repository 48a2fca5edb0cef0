;; A symbol is no string.
(string-length 'hello)
