;; factorial: x
;; y
(display 1)
