;; A program cannot contain itself.
#0=(list 1 2 . #0#)
