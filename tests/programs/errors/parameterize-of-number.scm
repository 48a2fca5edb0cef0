;; Only parameters can be parameterized.
(define depth 1)
(parameterize ((depth 2)) depth)
