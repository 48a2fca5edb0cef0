;; A comma outside of a quasiquotation.
(define x 5)
(display (list ,x))
