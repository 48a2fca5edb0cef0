;; What a transformer evaluates goes wrong.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (+ 1 (eval (cadr form))))))
(display (m (vector-ref (vector 1 2) 2)))
