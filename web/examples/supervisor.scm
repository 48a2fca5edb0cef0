;; Supervisor: let it crash, and start it again
;; The worker fails at random. Each time the supervisor starts a fresh one: see the failed actors in the Actors view.

(define (say . parts)
  (display
   (call-with-output-string
    (lambda (port)
      (for-each (lambda (part) (display part port)) parts)
      (newline port)))))

(define (worker task)
  (lambda ()
    (sleep (+ 50 (random 100)))
    (if (= 0 (random 3))
        (error "the worker stumbled over task" task))
    (exit 'finished)))

(define restarts-max 20)

;; Does each task until its worker has finished it.
(define (supervise tasks restarts)
  (cond ((null? tasks)
         (say "all tasks are done after " restarts " restarts"))
        ((> restarts restarts-max)
         (say "too many restarts, giving up"))
        (else
         (let ((child (spawn-link (worker (car tasks))
                                  'name (string-append "task-" (number->string (car tasks))))))
           (receive
             (('exit from 'finished)
              (where (eq? from child))
              (say "task " (car tasks) " is done")
              (supervise (cdr tasks) restarts))
             (('exit from reason)
              (where (eq? from child))
              (say "task " (car tasks) " failed, once more")
              (supervise tasks (+ restarts 1))))))))

(trap-exit! #t)
(supervise (iota 12 1) 0)
