;; A negative size.
(make-vector -1 0)
