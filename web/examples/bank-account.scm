;; bank-account: x
;; y
(display 1)
