;; A body that holds definitions only.
(define (f)
  (define x 1))
(f)
