;; A number raised.
(define (check n) (if (> n 3) (raise n) n))
(display (check 5))
