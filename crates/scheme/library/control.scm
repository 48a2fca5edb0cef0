;;; Control: application, continuations, dynamic state, parameters, promises, multiple values.
;;;
;;; The dynamic state is a list of vectors: #(wind before after), #(handler procedure), #(skip rest-of-state),
;;; #(parameter cell value), #(output port), #(input port), #(error port), #(capabilities list). Continuations save it; going to one runs the winds between the two.

(define (apply procedure . arguments)
  (%apply procedure (%apply cons* arguments)))

(define (call-with-values producer consumer)
  (let ((result (producer)))
    (if (%values? result)
        (%apply consumer (%values->list result))
        (consumer result))))

(define (call-with-current-continuation receiver)
  (let ((continuation (%capture-continuation))
        (state (%dynamic-state)))
    (receiver
     (named-lambda (continuation-procedure . results)
       (if (not (eq? (%dynamic-state) state)) (%rewind state))
       (%resume-continuation continuation
                             (if (and (pair? results) (null? (cdr results)))
                                 (car results)
                                 (%apply values results)))))))

(define (call/cc receiver) (call-with-current-continuation receiver))

(define (call-with-escape-continuation receiver) (call-with-current-continuation receiver))

(define (within-continuation continuation thunk)
  (call-with-values thunk continuation))

(define (dynamic-wind before thunk after)
  (before)
  (let ((state (%dynamic-state)))
    (%set-dynamic-state! (cons (vector 'wind before after) state))
    (let ((result (thunk)))
      (%set-dynamic-state! state)
      (after)
      result)))

;; Calls THUNK with ENTRY on top of the dynamic state.
(define (%with-entry entry thunk)
  (let ((state (%dynamic-state)))
    (%set-dynamic-state! (cons entry state))
    (let ((result (thunk)))
      (%set-dynamic-state! state)
      result)))

;; The longest common tail of two states.
(define (%common-state a b)
  (let ((a-length (length a)) (b-length (length b)))
    (let next ((a (if (> a-length b-length) (list-tail a (- a-length b-length)) a))
               (b (if (> b-length a-length) (list-tail b (- b-length a-length)) b)))
      (if (eq? a b) a (next (cdr a) (cdr b))))))

;; Leaves the winds that TARGET is not in, innermost first, and enters those that it is in, outermost first.
(define (%rewind target)
  (let ((from (%dynamic-state)))
    (if (not (eq? from target))
        (let ((common (%common-state from target)))
          (let leave ((state from))
            (if (not (eq? state common))
                (let ((entry (car state)))
                  (if (eq? (vector-ref entry 0) 'wind)
                      (begin
                        (%set-dynamic-state! (cdr state))
                        ((vector-ref entry 2))))
                  (leave (cdr state)))))
          (let collect ((state target) (entering '()))
            (if (not (eq? state common))
                (collect (cdr state)
                         (if (eq? (vector-ref (car state) 0) 'wind) (cons state entering) entering))
                (let enter ((entering entering))
                  (if (pair? entering)
                      (let ((state (car entering)))
                        (%set-dynamic-state! (cdr state))
                        ((vector-ref (car state) 1))
                        (enter (cdr entering)))))))
          (%set-dynamic-state! target)))))

;; A parameter is a procedure around a cell #(value converter). Called with the symbol %parameter-cell it gives the cell.
(define (make-parameter value . options)
  (let* ((converter (if (pair? options) (car options) values))
         (cell (vector (converter value) converter)))
    (named-lambda (parameter . arguments)
      (cond ((null? arguments) (%parameter-value cell))
            ((eq? (car arguments) '%parameter-cell) cell)
            (else (error "a parameter takes no arguments, but got" arguments))))))

(define (make-settable-parameter value . options)
  (let* ((converter (if (pair? options) (car options) values))
         (cell (vector (converter value) converter)))
    (named-lambda (parameter . arguments)
      (cond ((null? arguments) (%parameter-value cell))
            ((eq? (car arguments) '%parameter-cell) cell)
            (else (%set-parameter-value! cell (converter (car arguments))))))))

(define (make-unsettable-parameter value . options) (%apply make-parameter (cons value options)))

(define (%parameter-value cell)
  (let next ((state (%dynamic-state)))
    (if (null? state)
        (vector-ref cell 0)
        (let ((entry (car state)))
          (if (and (eq? (vector-ref entry 0) 'parameter) (eq? (vector-ref entry 1) cell))
              (vector-ref entry 2)
              (next (cdr state)))))))

(define (%set-parameter-value! cell value)
  (let next ((state (%dynamic-state)))
    (if (null? state)
        (vector-set! cell 0 value)
        (let ((entry (car state)))
          (if (and (eq? (vector-ref entry 0) 'parameter) (eq? (vector-ref entry 1) cell))
              (vector-set! entry 2 value)
              (next (cdr state)))))))

(define (%parameter-entry parameter value)
  (if (eq? parameter current-capabilities)
      (vector 'capabilities (%capability-list value))
      (%plain-parameter-entry parameter value)))

(define (%plain-parameter-entry parameter value)
  (if (or (eq? parameter current-output-port)
          (eq? parameter current-input-port)
          (eq? parameter current-error-port))
      (vector (cond ((eq? parameter current-output-port) 'output)
                    ((eq? parameter current-input-port) 'input)
                    (else 'error))
              value)
      (let ((cell (if (procedure? parameter)
                      (parameter '%parameter-cell)
                      (error "parameterize: expected a parameter, got" parameter))))
        (vector 'parameter cell ((vector-ref cell 1) value)))))

(define (%parameterize bindings thunk)
  (let ((state (%dynamic-state)))
    (let next ((bindings bindings) (new state))
      (if (pair? bindings)
          (next (cdr bindings)
                (cons (%parameter-entry (car (car bindings)) (cdr (car bindings))) new))
          (begin
            (%set-dynamic-state! new)
            (let ((result (thunk)))
              (%set-dynamic-state! state)
              result))))))

;; A promise holds a cell (done? . value-or-thunk); the thunk answers another promise, whose cell they then share.
(define (make-promise value)
  (if (promise? value) value (%make-promise (cons #t value))))

(define (force promise)
  (if (promise? promise)
      (let again ()
        (let ((cell (%promise-cell promise)))
          (if (car cell)
              (cdr cell)
              (let* ((next ((cdr cell)))
                     (cell (%promise-cell promise)))
                (if (not (car cell))
                    (let ((other (%promise-cell next)))
                      (set-car! cell (car other))
                      (set-cdr! cell (cdr other))
                      (%set-promise-cell! next cell)))
                (again)))))
      promise))

(define (stream-pair? object) (and (pair? object) (promise? (cdr object))))
(define (stream-car stream) (car stream))
(define (stream-cdr stream) (force (cdr stream)))
(define (stream-first stream) (car stream))
(define (stream-rest stream) (force (cdr stream)))
(define (stream-null? object) (null? object))
(define (empty-stream? object) (null? object))

(define (stream-head stream count)
  (let next ((stream stream) (count count) (items '()))
    (if (= count 0)
        (reverse items)
        (next (stream-cdr stream) (- count 1) (cons (car stream) items)))))

(define (stream-tail stream count)
  (if (= count 0) stream (stream-tail (stream-cdr stream) (- count 1))))

(define (stream-ref stream index) (car (stream-tail stream index)))

(define (%case-lambda-error arguments)
  (error "no clause of this case-lambda takes so many arguments:" (length arguments)))
