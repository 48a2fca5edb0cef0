;;; Ports: output and input redirected for the time of a call.

(define (call-with-output-string procedure)
  (let ((port (open-output-string)))
    (procedure port)
    (get-output-string port)))

(define (with-output-to-string . thunk)
  (let ((port (open-output-string)))
    (if (pair? thunk)
        (%with-entry (vector 'output port) (car thunk)))
    (get-output-string port)))

(define (call-with-port port procedure)
  (let ((result (procedure port)))
    (close-port port)
    result))

(define (pp object . port)
  (%apply write (cons object port))
  (%apply newline port))
