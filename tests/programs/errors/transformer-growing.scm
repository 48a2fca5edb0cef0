;; A transformer that takes ever more memory.
(define-syntax grow (er-macro-transformer (lambda (form rename compare) (let loop ((l '())) (loop (cons l l))))))
(grow 1)
