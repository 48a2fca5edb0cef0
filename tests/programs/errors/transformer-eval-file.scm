;; What a transformer evaluates wants a file.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (read-line (open-input-file "notes.txt"))))
