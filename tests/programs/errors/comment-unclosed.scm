;; A comment that never ends.
(display 1)
#| here it begins
(display 2)
