;; Everyone waits and nothing can happen any more.
(define other (spawn (lambda () (receive ('never 'never)))))
(receive ('reply 'reply))
