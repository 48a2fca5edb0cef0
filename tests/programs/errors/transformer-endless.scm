;; A transformer that does not end.
(define-syntax spin (er-macro-transformer (lambda (form rename compare) (let loop () (loop)))))
(spin 1)
