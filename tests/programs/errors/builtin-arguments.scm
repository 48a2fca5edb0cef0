;; A builtin called with the wrong number of arguments.
(display "before")
(display (cons 1))
