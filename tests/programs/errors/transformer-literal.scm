;; A transformer that changes what it is given.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (set-car! form 'list) form)))
(display (m 1))
