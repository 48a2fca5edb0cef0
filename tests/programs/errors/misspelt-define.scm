;; A slip in the name of a special form.
(defien (square x) (* x x))
(display (square 5))
