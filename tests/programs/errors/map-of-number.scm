;; A number where a list is wanted.
(map (lambda (x) (* x x)) 5)
