;; `dynamic-wind` without its last procedure.
(dynamic-wind (lambda () 1) (lambda () 2))
