;; A keyword of a macro that is missing.
(define-syntax for
  (syntax-rules (in) ((_ x in list body ...) (for-each (lambda (x) body ...) list))))
(for y '(1 2 3) (display y))
