;; What a transformer evaluates is no program.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (+ 1 (if))))
