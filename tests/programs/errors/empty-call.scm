;; The empty list is no expression.
(display ())
