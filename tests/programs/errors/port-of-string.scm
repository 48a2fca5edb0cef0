;; A string is no port.
(display "hello" "world")
