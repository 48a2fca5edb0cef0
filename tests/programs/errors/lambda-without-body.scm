;; A procedure without a body.
(define f (lambda (x)))
