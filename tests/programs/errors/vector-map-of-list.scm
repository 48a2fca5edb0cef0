;; A list where a vector is wanted.
(vector-map (lambda (x) x) '(1 2 3))
