;; Procedure and list in the wrong order.
(for-each '(1 2 3) display)
