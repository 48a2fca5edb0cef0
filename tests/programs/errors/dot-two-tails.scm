;; Two data after a dot.
(define pair '(1 . 2 3))
