;; A number with a slip.
(display (+ 1 #xZZ))
