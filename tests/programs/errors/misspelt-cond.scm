;; A slip in `cond`.
(define (sign n)
  (conde ((< n 0) -1) ((> n 0) 1) (else 0)))
(display (sign 5))
