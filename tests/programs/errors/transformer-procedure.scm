;; A transformer whose answer holds a procedure.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (list 'quote car))))
(display (m))
