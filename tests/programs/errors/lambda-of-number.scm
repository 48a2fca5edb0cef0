;; A parameter must be a name.
(define (f 5) 5)
