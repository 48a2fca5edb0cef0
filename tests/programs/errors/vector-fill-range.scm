;; A range outside of the vector.
(vector-fill! (make-vector 3 0) 1 2 9)
