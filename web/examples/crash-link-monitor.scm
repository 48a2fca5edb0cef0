;; crash-link-monitor: x
;; y
(display 1)
