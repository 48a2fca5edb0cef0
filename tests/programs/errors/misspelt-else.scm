;; A slip in `else`: it is an ordinary name.
(define (sign n)
  (cond ((< n 0) -1) ((> n 0) 1) (esle 0)))
(display (sign 0))
