;; A chain of pairs that is no list.
(reverse '(1 2 . 3))
