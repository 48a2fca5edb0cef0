;; A constructor called with too few fields.
(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(make-point 1)
