; 20,000 actors that live for one message.
(define me (self))
(define (start n) (if (> n 0) (begin (spawn (lambda () (send me 1))) (start (- n 1)))))
(start 20000)
(let loop ((n 20000) (sum 0)) (if (= n 0) sum (loop (- n 1) (receive (k (+ sum k))))))
