;; A rule without a template.
(define-syntax one (syntax-rules () ((_ x))))
(one 1)
