;; An error inside a promise.
(define p (delay (car '())))
(display (force p))
