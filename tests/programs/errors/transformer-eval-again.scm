;; A transformer never stops evaluating, each time another text.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (let loop ((n 0)) (eval (list '+ n 1)) (loop (+ n 1))))))
(display (m))
