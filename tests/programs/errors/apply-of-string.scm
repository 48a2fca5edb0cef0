;; apply of something that is no procedure.
(apply "not a procedure" '(1 2))
