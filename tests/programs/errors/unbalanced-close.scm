;; A parenthesis too many.
(display "one")
(display (+ 1 2)))
