;; Two procedures that call each other without an end.
(define (left n) (cons n (right (+ n 1))))
(define (right n) (cons n (left (+ n 1))))
(left 0)
