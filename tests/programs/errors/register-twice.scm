;; A name that somebody has.
(register 'server (self))
(register 'server (spawn (lambda () (receive (x x)))))
