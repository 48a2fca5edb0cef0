;; A type error of an indexed operation.
(define v '(1 2 3))
(display (vector-ref v 0))
