;; `dynamic-wind` with a value for a procedure.
(dynamic-wind (lambda () 1) (display "body") (lambda () 2))
