;; A clause that is no list.
(cond 5)
