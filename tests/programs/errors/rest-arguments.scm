;; A procedure with rest arguments called with too few.
(define (at-least-two a b . rest) (list a b rest))
(at-least-two 1)
