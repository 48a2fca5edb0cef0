;; Several values where one is wanted.
(display (+ 1 (values 2 3)))
