(define-syntax nest (syntax-rules () ((_ x) (+ 1 (nest x)))))
(nest 1)
