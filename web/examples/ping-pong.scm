;; ping-pong: x
;; y
(display 1)
