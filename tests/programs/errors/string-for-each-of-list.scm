;; A list where a string is wanted.
(string-for-each display '(1 2 3))
