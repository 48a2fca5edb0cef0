;; A list operation on something that is no proper list.
(display (length '(1 2 . 3)))
