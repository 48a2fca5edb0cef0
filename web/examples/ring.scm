;; Ring: a thousand actors pass a token
;; Scroll the actor table, sort it by reductions, and see on the Cores lanes how the token wanders.

(define actors 1000)
(define laps 60)

(define (station next)
  (receive
    (('token n)
     (send next (list 'token (- n 1)))
     (station next))
    ('stop (send next 'stop))))

;; Each new actor points to the one before it, the last one closes the ring through the main actor.
(define first
  (let build ((i 1) (next (self)))
    (if (= i actors)
        next
        (build (+ i 1) (spawn (lambda () (station next)))))))

(send first (list 'token (* actors laps)))

(let loop ((lap 1))
  (receive
    (('token n)
     (if (= 0 (remainder lap 10))
         (begin (display (list 'lap lap 'token n)) (newline)))
     (if (= lap laps)
         (send first 'stop)
         (send first (list 'token (- n 1))))
     (loop (+ lap 1)))
    ('stop (display "the ring has stopped\n"))))
