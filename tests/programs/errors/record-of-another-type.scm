;; A field of one record type asked of another.
(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(define-record-type size (make-size width) size? (width size-width))
(define p (make-point 1 2))
(display (point-x p))
(display (size-width p))
