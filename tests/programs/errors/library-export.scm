(define-library (a) (export f g) (import (scheme base)) (begin (define (f x) x)))
(import (a))
