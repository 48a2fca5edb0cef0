;; A call to an actor that has ended.
(define server (spawn (lambda () 'done)))
(receive (never never) (after 50 'waited))
(call server 'question 100)
