;; A transformer with a misspelt name.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (lenght form))))
(display (m 1))
