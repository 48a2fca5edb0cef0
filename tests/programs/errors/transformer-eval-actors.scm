;; What a transformer evaluates wants another actor.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))
(display (m (send (spawn (lambda () (receive))) 1)))
