;; Syntax is no value.
(map if '(1 2))
