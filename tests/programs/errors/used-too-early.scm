;; A variable used before its definition has been evaluated.
(define (f)
  (define a (+ b 1))
  (define b 2)
  a)
(f)
