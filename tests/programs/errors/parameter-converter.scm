;; A converter that refuses a value.
(define depth (make-parameter 1 (lambda (x) (if (number? x) x (error "the depth must be a number:" x)))))
(parameterize ((depth 'deep)) (depth))
