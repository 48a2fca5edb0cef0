(define-syntax grow (syntax-rules () ((_ x ...) (grow x ... x ...))))
(grow 1)
