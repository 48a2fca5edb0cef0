;; A transformer that answers its own use.
(define-syntax m (er-macro-transformer (lambda (form rename compare) form)))
(display (m 1))
