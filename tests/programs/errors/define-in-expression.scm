;; A definition where an expression is wanted.
(display (if #t (define x 1) 2))
