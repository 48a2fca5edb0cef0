;; An error in a linked actor ends its partner with it.
(define child (spawn-link (lambda () (vector-ref (vector 1 2) 5))))
(receive ('never 'never))
