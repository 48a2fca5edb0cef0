;; A slip in `lambda`: its parameters are no variables.
(define add (lamda (a b) (+ a b)))
(display (add 1 2))
