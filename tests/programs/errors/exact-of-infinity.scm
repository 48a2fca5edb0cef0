;; No exact number is infinite.
(exact (/ 1.0 0.0))
