;; What a transformer evaluates has a macro whose transformer evaluates, and so on.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (let-syntax ((a (er-macro-transformer (lambda (f r c) (eval '(let-syntax ((b (er-macro-transformer
  (lambda (f r c) (eval '(let-syntax ((d (er-macro-transformer (lambda (f r c) (eval '(let-syntax ((e
    (er-macro-transformer (lambda (f r c) 1)))) (e))))))) (d))))))) (b))))))) (a))))
