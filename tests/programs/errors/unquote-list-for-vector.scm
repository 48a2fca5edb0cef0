;; A vector where a list is wanted.
(length (vector 1 2 3))
