;;; Conditions: raising, handlers, guard. The machine raises its own errors through %signal.

;; The part of STATE that begins with the handler in force. An entry #(skip rest) hides the handlers above REST.
(define (%find-handler state)
  (if (null? state)
      state
      (let ((tag (vector-ref (car state) 0)))
        (cond ((eq? tag 'handler) state)
              ((eq? tag 'skip) (%find-handler (vector-ref (car state) 1)))
              (else (%find-handler (cdr state)))))))

(define (with-exception-handler handler thunk)
  (if (not (procedure? handler))
      (error "with-exception-handler expects a procedure as its handler, but got" handler))
  (%with-entry (vector 'handler handler) thunk))

;; A handler runs in the dynamic state of the raise, but with the handlers outside of its own.
(define (raise object)
  (let* ((state (%dynamic-state))
         (found (%find-handler state)))
    (%raised object found)
    (if (null? found)
        (%uncaught object)
        (begin
          (%set-dynamic-state! (cons (vector 'skip (cdr found)) state))
          ((vector-ref (car found) 1) object)
          (raise (%make-error 'handler-returned
                              "the exception handler returned, but the exception cannot be continued:"
                              (list object)))))))

(define (raise-continuable object)
  (let* ((state (%dynamic-state))
         (found (%find-handler state)))
    (%raised object found)
    (if (null? found)
        (%uncaught object)
        (begin
          (%set-dynamic-state! (cons (vector 'skip (cdr found)) state))
          (let ((result ((vector-ref (car found) 1) object)))
            (%set-dynamic-state! state)
            result)))))

(define (%signal condition) (raise condition))

(define (error message . irritants)
  (raise (%make-error 'error message irritants)))

(define (warn message . irritants)
  (display ";Warning: ")
  (display (condition/report-string (%make-error 'warning message irritants)))
  (newline))

;; The value of BODY; or, when something is raised in it, of (CLAUSES object reraise), outside of BODY.
;; The inner procedure answers a thunk, so that the clauses run where the guard was entered.
(define (%guard body clauses)
  ((%guard-result body clauses)))

(define (%guard-result body clauses)
  (let ((continuation (%capture-continuation))
        (state (%dynamic-state)))
    (%set-dynamic-state!
     (cons (vector 'handler
                   (named-lambda (guard-handler object)
                     ((%guard-escape object continuation state clauses))))
           state))
    (let ((result (body)))
      (%set-dynamic-state! state)
      (lambda () result))))

(define (%guard-escape object continuation state clauses)
  (let ((raising (%capture-continuation))
        (raising-state (%dynamic-state)))
    (%rewind state)
    (%resume-continuation
     continuation
     (lambda ()
       (clauses object
                (lambda ()
                  (%rewind raising-state)
                  (%resume-continuation raising (lambda () (raise-continuable object)))))))))

(define (%assertion-failed expression . message)
  (raise (%make-error 'assertion
                      (if (pair? message) (car message) "assertion failed:")
                      (list expression))))

(define (access-condition condition field)
  (cond ((eq? field 'message) (error-object-message condition))
        ((eq? field 'irritants) (error-object-irritants condition))
        (else (error "a condition has no such field:" field))))

(define (call-with-error-handler handler thunk)
  (guard (object (#t (handler object))) (thunk)))
