;; A radix that does not exist.
(number->string 255 1)
