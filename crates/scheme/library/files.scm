;;; Files, loading and capabilities: what is built on the primitives that ask the host.

(define (call-with-input-file path procedure) (call-with-port (open-input-file path) procedure))

(define (call-with-output-file path procedure) (call-with-port (open-output-file path) procedure))

(define (with-input-from-file path thunk)
  (let* ((port (open-input-file path))
         (result (%with-entry (vector 'input port) thunk)))
    (close-port port)
    result))

(define (with-output-to-file path thunk)
  (let* ((port (open-output-file path))
         (result (%with-entry (vector 'output port) thunk)))
    (close-port port)
    result))

(define (load path . environments)
  (if (and (pair? environments) (pair? (cdr environments)))
      (error "load: expected a path and an environment, got more:" (cdr environments)))
  ((%compile (%load-text path)
             (if (pair? environments) (car environments) (%make-environment #f))
             path)))

;; Calls THUNK with nothing but CAPABILITIES held.
(define (with-capabilities capabilities thunk)
  (%with-entry (vector 'capabilities (%capability-list capabilities)) thunk))
