;; A transformer that ends its actor.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (exit 3))))
(display (m))
