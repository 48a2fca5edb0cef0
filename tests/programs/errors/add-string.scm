;; A type error of an arithmetic operation.
(define total "12")
(display
 (* 2 (+ total 1)))
