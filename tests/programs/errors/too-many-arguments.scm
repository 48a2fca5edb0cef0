;; A procedure called with too many arguments.
(define (double x) (* 2 x))
(define (apply-it f) (f 1 2 3))
(apply-it double)
