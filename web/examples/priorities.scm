;; priorities: x
;; y
(display 1)
