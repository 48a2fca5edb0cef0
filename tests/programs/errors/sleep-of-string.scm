;; A time must be a number.
(sleep "1s")
