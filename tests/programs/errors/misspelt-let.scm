;; A slip in `let`.
(display (lte ((x 1) (y 2)) (+ x y)))
