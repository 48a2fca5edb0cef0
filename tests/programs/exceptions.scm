;; with-exception-handler, raise, raise-continuable.
(define (show value) (write value) (newline))
(show (with-exception-handler
       (lambda (e) (* e 10))
       (lambda () (+ 1 (raise-continuable 4)))))
(show (call/cc
       (lambda (k)
         (with-exception-handler
          (lambda (e) (k (list 'escaped e)))
          (lambda () (+ 1 (raise 'problem)))))))
;; A handler runs in the dynamic context of the raise, without itself installed.
(show (with-exception-handler
       (lambda (outer) (list 'outer outer))
       (lambda ()
         (with-exception-handler
          (lambda (inner) (raise-continuable (list 'inner inner)))
          (lambda () (raise-continuable 'value))))))
;; Returning from the handler of raise is a secondary error.
(show (guard (e (#t 'secondary))
        (with-exception-handler
         (lambda (e) 'ignored)
         (lambda () (raise 'non-continuable)))))
(define log '())
(show (with-exception-handler
       (lambda (e) (set! log (cons e log)) (length log))
       (lambda () (list (raise-continuable 'a) (raise-continuable 'b) (raise-continuable 'c)))))
(show (reverse log))
(define (try thunk) (call/cc (lambda (k) (with-exception-handler (lambda (e) (k (cons 'error e))) thunk))))
(show (try (lambda () (raise 5))))
(show (try (lambda () 'fine)))
(show (error-object? (cdr (try (lambda () (error "x"))))))
(show (error-object? (cdr (try (lambda () (vector-ref #(1) 'a))))))
(show (error-object? (cdr (try (lambda () (raise 'symbol))))))
;; Handlers in a loop do not pile up.
(show (let loop ((i 0) (sum 0))
        (if (= i 10000)
            sum
            (loop (+ i 1) (+ sum (with-exception-handler (lambda (e) 1) (lambda () (raise-continuable i))))))))
