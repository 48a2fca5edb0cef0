;; A variable of a `letrec` used while it is being made.
(letrec ((a (+ b 1)) (b 2)) a)
