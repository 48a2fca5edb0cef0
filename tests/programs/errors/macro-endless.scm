(define-syntax forever (syntax-rules () ((_ x) (forever x))))
(define (f) (forever 1))
