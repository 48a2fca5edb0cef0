;; Arithmetic on a list.
(define (total prices) (- prices 1))
(total '(1 2))
