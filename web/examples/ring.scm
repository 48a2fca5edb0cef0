;; ring: x
;; y
(display 1)
