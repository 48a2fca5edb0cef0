;; Integer division by zero.
(display (quotient 7 2))
(display (modulo 7 (- 1 1)))
