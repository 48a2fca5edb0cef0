;; Calling something that is no procedure.
(define f 42)
(display (f 1 2))
