;; A binding with two values.
(let ((x 1 2)) x)
