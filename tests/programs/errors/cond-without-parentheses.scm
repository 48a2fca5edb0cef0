;; Clauses without their own parentheses.
(define (sign n)
  (cond (< n 0) -1))
(sign 1)
