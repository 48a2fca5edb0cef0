;; Crash: what links and monitors do
;; Two actors fail on purpose: Problems shows where and with which values, the Actors view who fell with whom.

(define (say . parts)
  (display
   (call-with-output-string
    (lambda (port)
      (for-each (lambda (part) (display part port)) parts)
      (newline port)))))

;; A monitor tells one actor, by a message, how another ended.
(define watched
  (spawn-monitor
   (lambda ()
     (sleep 200)
     (vector-ref (vector 1 2 3) 7))
   'name "careless"))

(receive
  (('down reference actor reason)
   (say "monitor: careless ended, because: " reason)))

;; A link takes both down, unless one traps exits: then the failure arrives as a message.
(define (team-leader)
  (spawn-link
   (lambda ()
     (sleep 200)
     (error "out of fuel" 'tank 0))
   'name "team-member")
  (receive ('never 'comes)))

(define leader (spawn-monitor team-leader 'name "team-leader"))
(receive
  (('down reference actor reason)
   (where (eq? reference (cdr leader)))
   (say "link: team-leader fell with its member: " reason)))

(trap-exit! #t)
(define sleepy (spawn-link (lambda () (sleep 200) (exit 'tired)) 'name "sleepy"))
(receive
  (('exit actor reason)
   (say "trapped: sleepy ended, because: " reason)))

(say "the main actor is still here")
