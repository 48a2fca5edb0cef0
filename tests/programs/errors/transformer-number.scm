;; A transformer that is no procedure.
(define-syntax m (er-macro-transformer 5))
(display (m))
