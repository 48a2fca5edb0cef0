;; A token goes round a ring of actors, each adding one.
(define size 100)
(define laps 30)
(define (node next)
  (receive
    (('token n) (send next (list 'token (+ n 1))) (node next))
    ('stop (send next 'stop))))
(define (build n next) (if (= n 0) next (build (- n 1) (spawn (lambda () (node next))))))
(define first (build (- size 1) (self)))
(define (lap n token)
  (if (= n laps)
      token
      (begin
        (send first (list 'token (+ token 1)))
        (receive (('token m) (lap (+ n 1) m))))))
(display (lap 0 0)) (newline)
(send first 'stop)
(display (receive ('stop 'all-stopped))) (newline)
