;; A definition with two values.
(define x 1 2)
(display x)
