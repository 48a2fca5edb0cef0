;; A parameter takes no arguments.
(define depth (make-parameter 1))
(depth 5)
