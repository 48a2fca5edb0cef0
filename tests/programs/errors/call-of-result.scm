;; One pair of parentheses too many calls the result.
(define (f) 5)
(display ((f)))
