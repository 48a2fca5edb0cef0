;; A datum that ends too early.
(read (open-input-string "(1 2"))
