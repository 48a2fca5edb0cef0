;; A transformer that sends a message.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (send (self) 1) 5)))
(display (m))
