;; A transformer that asks for the time.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (current-second))))
(display (m))
