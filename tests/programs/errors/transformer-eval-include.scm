;; What a transformer evaluates wants to include a file.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (include "notes.txt")))
