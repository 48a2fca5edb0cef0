;; Exact division by zero.
(define (average total count)
  (/ total count))
(display (average 10 0))
