; Two actors and 50,000 round trips.
(define (pong) (receive ((from n) (send from n) (pong)) ('stop 'done)))
(define partner (spawn pong))
(let loop ((i 0))
  (if (= i 50000)
      (begin (send partner 'stop) i)
      (begin (send partner (list (self) i)) (receive (n (loop (+ n 1)))))))
