;; A range outside of a string.
(display (substring "hello" 3 9))
