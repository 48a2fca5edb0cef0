;; What a transformer evaluates evaluates itself, deeper and deeper.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (begin (define (again) (+ 1 (eval '(again)))) (again))))
