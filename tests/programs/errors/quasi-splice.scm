;; Something that is no list spliced into one.
(define tail 5)
(display `(1 ,@tail 2))
