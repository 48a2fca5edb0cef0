;; gc-churn: x
;; y
(display 1)
