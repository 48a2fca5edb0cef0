;; A parameter bound twice.
(lambda (x y x) x)
