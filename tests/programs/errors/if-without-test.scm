;; A form that is not complete.
(display "fine")
(if)
