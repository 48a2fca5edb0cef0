;; More elements than there are.
(list-tail '(1 2) 3)
