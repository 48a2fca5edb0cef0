;; A variable of the same `let` is not visible yet.
(let ((x 1)
      (y (+ x 1)))
  (* x y))
