;; A datum of `case` without its parentheses.
(define (f x)
  (case x (1 'one) (else 'other)))
