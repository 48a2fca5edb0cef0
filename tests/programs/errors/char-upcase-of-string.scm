;; A string where a character is wanted.
(char-upcase "a")
