;; producer-consumer: x
;; y
(display 1)
