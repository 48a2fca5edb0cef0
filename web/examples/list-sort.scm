;; list-sort: x
;; y
(display 1)
