;; A macro that says what is wrong.
(define-syntax one-of
  (syntax-rules () ((_) (syntax-error "one-of needs at least one expression")) ((_ x y ...) x)))
(one-of)
