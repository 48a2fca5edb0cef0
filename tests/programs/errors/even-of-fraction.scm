;; A test of integers on a fraction.
(even? 1/2)
