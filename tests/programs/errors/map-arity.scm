;; A procedure of two arguments over one list.
(map (lambda (a b) (+ a b)) '(1 2 3))
