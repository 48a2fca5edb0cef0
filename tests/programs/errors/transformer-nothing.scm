;; A transformer without an answer.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (if #f #f))))
(display (m))
