;; A server that does not answer in time.
(define silent (spawn (lambda () (receive ('never 'never)))))
(call silent 'question 5)
