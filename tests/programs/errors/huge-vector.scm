;; One object larger than the heap may be.
(make-vector 1000000000 0)
