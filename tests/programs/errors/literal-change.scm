;; Literals are shared and must not be changed.
(define numbers '(1 2 3))
(set-car! numbers 'one)
