;; A local procedure called with too many arguments.
(define (outer n)
  (define (inner a) (* a 2))
  (inner n 1))
(outer 4)
