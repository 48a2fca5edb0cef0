;; The procedure of an actor takes no arguments.
(define (worker n) (* n n))
(spawn worker 5)
