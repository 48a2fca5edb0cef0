;; n-queens: x
;; y
(display 1)
