;; Ping-pong: two actors, one ball
;; The state of each alternates between ready and waiting. Slow it down with Speed and watch the ball in the Mailbox view.

(define (player name)
  (let loop ((hits 0))
    (receive
      (('ball from 0)
       (send from 'over)
       hits)
      (('ball from n)
       (if (= 0 (remainder n 25000))
           (display (string-append name ": " (number->string n) " to go\n")))
       (send from (list 'ball (self) (- n 1)))
       (loop (+ hits 1)))
      ('over hits))))

(define ping (spawn-monitor (lambda () (player "ping")) 'name "ping"))
(define pong (spawn-monitor (lambda () (player "pong")) 'name "pong"))

(send (car ping) (list 'ball (car pong) 150000))

(define (wait-for player)
  (receive (('down r actor reason) (where (eq? r (cdr player))) reason)))
(wait-for ping)
(wait-for pong)
(display "game over\n")
