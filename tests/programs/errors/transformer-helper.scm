;; A transformer that uses a procedure of its program.
(define (helper form) (cadr form))
(define-syntax m (er-macro-transformer (lambda (form rename compare) (helper form))))
(display (m 1))
