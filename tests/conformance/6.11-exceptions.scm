;; Section 6.11: with-exception-handler, raise, raise-continuable, error and its parts.
(section "6.11-exceptions")

(define (with-output thunk)
  (let ((port (open-output-string)))
    (let ((value (parameterize ((current-output-port port)) (thunk))))
      (list value (get-output-string port)))))
(test (exception "condition: an-error\n") (with-output (lambda () (call-with-current-continuation (lambda (k) (with-exception-handler (lambda (e) (display "condition: ") (write e) (newline) (k 'exception)) (lambda () (+ 1 (raise 'an-error)))))))))
(test-error (with-exception-handler (lambda (e) 'ignored) (lambda () (+ 1 (raise 'an-error)))))
(test "something went wrong\n" (let ((port (open-output-string))) (guard (e (#t (get-output-string port))) (with-exception-handler (lambda (e) (display "something went wrong\n" port)) (lambda () (+ 1 (raise 'an-error)))))))
(test (65 "should be a number") (with-output (lambda () (with-exception-handler (lambda (con) (cond ((string? con) (display con)) (else (display "a warning has been issued"))) 42) (lambda () (+ (raise-continuable "should be a number") 23))))))
(test 5 (with-exception-handler (lambda (e) 0) (lambda () 5)))
(test (1 2) (call-with-values (lambda () (with-exception-handler (lambda (e) 0) (lambda () (values 1 2)))) list))
(test 7 (with-exception-handler (lambda (e) (+ e 2)) (lambda () (raise-continuable 5))))
(test (7 8) (with-exception-handler (lambda (e) (+ e 2)) (lambda () (let* ((a (raise-continuable 5)) (b (raise-continuable 6))) (list a b)))))
(test (1 2) (with-exception-handler (lambda (e) (values 1 2)) (lambda () (call-with-values (lambda () (raise-continuable 0)) list))))

;; A handler runs with the handler outside of it.
(test (outer inner x) (guard (e (#t e)) (with-exception-handler (lambda (e) (raise (cons 'outer e))) (lambda () (with-exception-handler (lambda (e) (raise (list 'inner e))) (lambda () (raise 'x)))))))
(test 12 (with-exception-handler (lambda (e) (+ e 1)) (lambda () (with-exception-handler (lambda (e) (+ 1 (raise-continuable (* e 2)))) (lambda () (raise-continuable 5))))))
(test (b a) (let ((r '())) (with-exception-handler (lambda (e) (set! r (cons 'b r)) 0) (lambda () (with-exception-handler (lambda (e) (set! r (cons 'a r)) (raise-continuable e)) (lambda () (raise-continuable 'x))))) r))
(test (inner outer) (let ((r '())) (with-exception-handler (lambda (e) (set! r (cons 'outer r)) 0) (lambda () (with-exception-handler (lambda (e) (set! r (cons 'inner r)) 0) (lambda () (raise-continuable 'x))) (raise-continuable 'y))) (reverse r)))
(test 9 (with-exception-handler (lambda (e) 9) (lambda () (with-exception-handler (lambda (e) (raise-continuable 'again)) (lambda () (raise-continuable 'x))))))

;; After a handler of raise returns, another exception is raised where the handler was called.
(test (first second) (let ((seen '())) (guard (e (#t (if (eq? e 'x) seen (reverse (cons 'second seen))))) (with-exception-handler (lambda (e) (set! seen (cons 'first seen)) 'returns) (lambda () (raise 'x))))))
(test #f (let ((second #f)) (guard (e (#t (eq? e 'x))) (with-exception-handler (lambda (e) 'returns) (lambda () (raise 'x))))))

;; Anything can be raised.
(test (1 "s" #\c (l) #f ()) (map (lambda (x) (guard (e (#t e)) (raise x))) '(1 "s" #\c (l) #f ())))
(test #t (let ((x (list 1))) (guard (e (#t (eq? e x))) (raise x))))

;; error.
(test #t (guard (e (#t (error-object? e))) (error "message" 1 2)))
(test "message" (guard (e (#t (error-object-message e))) (error "message" 1 2)))
(test (1 2) (guard (e (#t (error-object-irritants e))) (error "message" 1 2)))
(test () (guard (e (#t (error-object-irritants e))) (error "message")))
(test ("a" (b) #\c) (guard (e (#t (error-object-irritants e))) (error "message" "a" '(b) #\c)))
(test #t (let ((x (list 1))) (guard (e (#t (eq? x (car (error-object-irritants e))))) (error "message" x))))
(test #f (error-object? 'a))
(test #f (error-object? "message"))
(test #f (error-object? '(error "message")))
(test #f (guard (e (#t (error-object? e))) (raise 'x)))
(test-error (error "message"))
(test-error (error-object-message 'a))
(define (null-list? l)
  (cond ((pair? l) #f)
        ((null? l) #t)
        (else (error "null-list?: argument out of domain" l))))
(test #f (null-list? '(1)))
(test #t (null-list? '()))
(test ("null-list?: argument out of domain" (5)) (guard (e ((error-object? e) (list (error-object-message e) (error-object-irritants e)))) (null-list? 5)))

;; read-error? and file-error?.
(test #f (read-error? 'a))
(test #f (file-error? 'a))
(test #f (guard (e (#t (read-error? e))) (error "message")))
(test #f (guard (e (#t (file-error? e))) (error "message")))

;; Errors that the machine finds.
(test #t (guard (e (#t #t)) (car 5)))
(test #t (guard (e (#t #t)) (vector-ref (vector 1 2) 2)))
(test #t (guard (e (#t #t)) (+ 'a 1)))
(test #t (guard (e (#t #t)) (undefined-procedure-of-nobody 1)))
(test #t (guard (e (#t #t)) ((lambda (x) x))))
(test #t (guard (e (#t #t)) (5 5)))
(test #t (guard (e (#t #t)) (exact (/ 0. 0.))))
(test #t (guard (e (#t #t)) (assert-nothing)))
(test caught (call/cc (lambda (k) (with-exception-handler (lambda (e) (k 'caught)) (lambda () (car '()))))))
(test #t (guard (e ((error-object? e) (string? (error-object-message e)))) (car 5)))
(test #t (guard (e ((error-object? e) (list? (error-object-irritants e)))) (car 5)))
(test #t (guard (e ((string? e) 'no) ((error-object? e) #t)) (vector-ref #(1) 'x)))

;; Handlers and continuations.
(test (1 2 3) (let ((r '())) (for-each (lambda (x) (guard (e (#t (set! r (cons e r)))) (raise x))) '(1 2 3)) (reverse r)))
(test resumed (let ((k #f)) (guard (e (#t (if k (k 'resumed) 'no))) (let ((v (call/cc (lambda (c) (set! k c) #f)))) (if v v (raise 'x))))))
(test 5000 (let loop ((i 0)) (if (= i 5000) i (with-exception-handler (lambda (e) 0) (lambda () (loop (+ i 1)))))))
(test 100000 (with-exception-handler (lambda (e) (+ e 1)) (lambda () (let loop ((i 0)) (if (= i 100000) i (loop (raise-continuable i)))))))
(test-error (with-exception-handler 5 (lambda () (raise 'x))))
(test-error (raise 'x))
(test-error (raise-continuable (list 1 2)))
(report)
