;;; Actors: what is built on messages. A request is the list (call (caller . reference) request), its answer
;;; (reply reference value).

(define (sleep milliseconds)
  (if (not (real? milliseconds)) (error "sleep: expected milliseconds, got" milliseconds))
  (receive (after milliseconds (void))))

;; Asks SERVER and waits for its answer, for ever or for so many milliseconds.
(define (call server request . options)
  (let* ((actor (%actor server))
         (reference (monitor actor)))
    (send actor (list 'call (cons (self) reference) request))
    (receive
      (('reply answered value)
       (where (eq? answered reference))
       (demonitor reference)
       value)
      (('down broken _ reason)
       (where (eq? broken reference))
       (raise (%make-error 'server-down "call: the server is down:" (list server reason))))
      (after (if (pair? options) (car options) #f)
       (demonitor reference)
       (raise (%make-error 'call-timeout "call: no answer in time from" (list server)))))))

;; Answers the request that came from FROM.
(define (reply from value)
  (send (car from) (list 'reply (cdr from) value)))

(define (broadcast actors message)
  (for-each (lambda (actor) (send actor message)) actors))

;; An actor, given itself or its registered name.
(define (%actor server)
  (if (symbol? server)
      (or (whereis server)
          (raise (%make-error 'server-down "no actor is registered under the name" (list server))))
      server))

(define (actor-wait actor)
  (let ((reference (monitor actor)))
    (receive
      (('down broken _ reason)
       (where (eq? broken reference))
       reason))))

;; `(exit)` and `(exit reason)` end the caller, after the winds that it is in; `(exit actor reason)` sends an exit signal.
(define (exit . arguments)
  (if (or (null? arguments) (null? (cdr arguments))) (%rewind '()))
  (%apply %exit arguments))

(define (emergency-exit . arguments)
  (if (and (pair? arguments) (pair? (cdr arguments)))
      (error "emergency-exit: expected at most one argument, got" arguments))
  (%apply %exit arguments))
