;; The parenthesis of a definition is missing, and the next one is swallowed.
(define (absolute n)
  (cond ((< n 0) (- n))
        (else n))

(define (show n)
  (display (absolute n)))
(show -5)
