;; closures: x
;; y
(display 1)
