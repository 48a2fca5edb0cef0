;; An actor is spawned from a procedure.
(spawn (+ 1 2))
