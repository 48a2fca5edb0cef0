;; A power of something that is no number.
(define (cube n) (expt n 3))
(cube 'two)
