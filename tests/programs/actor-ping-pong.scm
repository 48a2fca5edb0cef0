;; Two actors exchange ten thousand messages.
(define rounds 5000)
(define (pong)
  (receive
    (('ping from n)
     (send from (list 'pong n))
     (pong))
    ('stop 'stopped)))
(define partner (spawn pong))
(define (ping n sum)
  (if (= n rounds)
      sum
      (begin
        (send partner (list 'ping (self) n))
        (receive (('pong m) (ping (+ n 1) (+ sum m)))))))
(display (ping 0 0)) (newline)
(! partner 'stop)
(display (actor? partner)) (newline)
(display (eq? (self) (self))) (newline)
