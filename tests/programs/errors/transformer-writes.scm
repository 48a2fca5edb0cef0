;; A transformer that writes.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (display form) 5)))
(display (m))
