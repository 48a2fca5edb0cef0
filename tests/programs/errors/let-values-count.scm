;; Two names for three values.
(let-values (((a b) (values 1 2 3))) (+ a b))
