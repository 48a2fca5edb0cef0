;; A handler that is no procedure.
(with-exception-handler 5 (lambda () 1))
