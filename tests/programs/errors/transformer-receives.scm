;; A transformer that waits for a message.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (receive (x x)))))
(display (m))
