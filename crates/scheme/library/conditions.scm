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

;; What a condition knows beside its message: a vector, or #f. Its parts have the names in %context-names.
(define (%context-part condition index)
  (let ((context (%condition-context condition)))
    (and context (vector-ref context index))))

(define (condition-operation condition) (%context-part condition 0))
(define (condition-operand condition) (%context-part condition 1))
(define (condition-expected condition) (%context-part condition 2))
(define (condition-actual condition) (%context-part condition 3))
(define (condition-actual-type condition) (%context-part condition 4))
(define (condition-procedure condition) (%context-part condition 5))

(define (condition-location condition)
  (let ((context (%condition-context condition)))
    (and context
         (vector-ref context 9)
         (list (vector-ref context 9) (vector-ref context 10) (vector-ref context 11)))))

(define (%context-names)
  '(operation operand
    expected
    actual
    actual-type
    procedure
    unit
    code
    offset
    file
    line
    column
    call-depth
    recursion-depth
    stack-words
    reductions
    limit
    attempted))

(define (condition-context condition)
  (let ((context (%condition-context condition)))
    (if context
        (let next ((names (%context-names)) (index 0))
          (cond ((null? names) '())
                ((or (vector-ref context index) (and (= index 3) (vector-ref context 4)))
                 (cons (cons (car names) (vector-ref context index))
                       (next (cdr names) (+ index 1))))
                (else (next (cdr names) (+ index 1)))))
        '())))
