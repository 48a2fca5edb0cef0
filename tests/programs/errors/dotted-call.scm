;; A call with a dot.
(display . "hello")
