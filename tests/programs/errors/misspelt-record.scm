;; A slip in `define-record-type`.
(define-record-typ point (make-point x y) point? (x point-x))
(display (point-x (make-point 1 2)))
