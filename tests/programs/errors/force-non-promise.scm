;; A promise that is called instead of forced.
(define p (delay (+ 1 2)))
(display (p))
