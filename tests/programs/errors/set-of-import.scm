(define-library (a) (export n) (import (scheme base)) (begin (define n 1)))
(import (a))
(set! n 2)
