;; deadlock: x
;; y
(display 1)
