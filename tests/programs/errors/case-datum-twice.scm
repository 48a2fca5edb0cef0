;; A datum of `case` that an earlier clause has.
(define (name n) (case n ((1 2) 'few) ((2 3) 'many) (else 'other)))
(error "two is" (name 2))
