(define-library (a) (export f) (import (scheme base)) (begin (define (f x) (display x))))
(import (a))
(f 1)
