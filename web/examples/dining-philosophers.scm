;; dining-philosophers: x
;; y
(display 1)
