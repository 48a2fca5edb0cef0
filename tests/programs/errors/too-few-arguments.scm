;; A procedure called with too few arguments.
(define (area width height)
  (* width height))
(display (area 3 4))
(display (area 3))
