;; A handler that takes no condition.
(with-exception-handler (lambda () 'x) (lambda () (error "bad")))
