;; An accessor applied to something else.
(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(define (norm p) (+ (point-x p) (point-y p)))
(norm 5)
