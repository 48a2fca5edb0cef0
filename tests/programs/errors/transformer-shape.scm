;; A transformer of two expressions.
(define-syntax m (er-macro-transformer (lambda (form rename compare) form) 5))
