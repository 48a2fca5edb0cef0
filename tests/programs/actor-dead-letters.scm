;; Messages to an actor that has ended vanish without harm.
(define pair (spawn-monitor (lambda () 'short-life)))
(receive (('down r a reason) (display reason) (newline)))
(do ((i 0 (+ i 1))) ((= i 1000)) (send (car pair) (list 'nobody 'listens i)))
(display (alive? (car pair))) (newline)
(display (receive (x x) (after 5 'silence))) (newline)
;; Slots of dead actors serve new ones; old references must not reach them.
(define (child) (receive (x (exit (list 'got x)))))
(define fresh (map (lambda (i) (spawn-monitor child)) (iota 20)))
(send (car pair) 'stale)
(do ((i 0 (+ i 1))) ((= i 100)) (send (car pair) 'stale))
(for-each (lambda (p) (send (car p) 'meant)) fresh)
(display
 (every (lambda (p) (receive (('down r a reason) (where (eq? r (cdr p))) (equal? reason '(got meant))))) fresh))
(newline)
