;; A store outside of a vector.
(vector-set! (make-vector 10 0) 10 'x)
