;; An assignment without a value.
(define x 1)
(set! x)
