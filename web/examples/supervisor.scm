;; supervisor: x
;; y
(display 1)
