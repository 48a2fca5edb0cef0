;; A field that has no modifier.
(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(set-point-x! (make-point 1 2) 5)
