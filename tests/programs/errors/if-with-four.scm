;; An `if` with a part too many.
(define (f x) (if x 1 2 3))
