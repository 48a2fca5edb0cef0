(define-library (a) (export f) (import (scheme base) (b)) (begin (define f 1)))
(define-library (b) (export f) (import (scheme base) (a)))
(import (a))
