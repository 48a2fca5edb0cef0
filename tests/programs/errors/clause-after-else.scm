;; Clauses after `else` are never reached, which leaves the sign of 5 wrong.
(define (sign n)
  (cond ((< n 0) -1) (else 0) ((> n 0) 1)))
(if (= (sign 5) 0) (error "the sign of 5 is wrong:" (sign 5)))
