;; What a transformer evaluates has a macro without end.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval '(define-syntax again (syntax-rules () ((_ x ...) (again x ... 1))))) (eval '(again)))))
(display (m))
