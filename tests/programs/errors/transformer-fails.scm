;; A transformer that makes a mistake.
(define-syntax first-of (er-macro-transformer (lambda (form rename compare) (car (cdr (cdr form))))))
(display (first-of 1))
