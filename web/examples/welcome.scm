;; welcome: x
;; y
(display 1)
