;; A string that swallows the next line.
(display "hello)
(newline)
(display "world")
