;; What a transformer evaluates wants to load a file.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (load "notes.txt")))
