;; A string that never ends.
(display "one")
(display "two)
