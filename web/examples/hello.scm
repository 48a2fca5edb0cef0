;; hello: x
;; y
(display 1)
