;; Three names for two values.
(define-values (a b c) (values 1 2))
