;; A transformer evaluates an expression that needs the program's variables, which have no value yet.
(define size 10)
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (* size size)))
