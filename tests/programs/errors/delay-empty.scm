;; `delay` of nothing.
(define p (delay))
