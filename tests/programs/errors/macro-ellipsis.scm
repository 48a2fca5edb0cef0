;; A variable without the ellipsis that its pattern has.
(define-syntax all (syntax-rules () ((_ x ...) (list x))))
(all 1 2)
