;; eval: environments, definitions that persist, errors that can be handled, actors that evaluate for themselves.

(define (show . xs) (for-each (lambda (x) (write x) (display " ")) xs) (newline))

(show (eval '(+ 1 2)) (eval '(* 7 3) (environment '(scheme base))))

;; The program's environment: its variables and macros, both ways.
(define base 10)
(define-syntax twice (syntax-rules () ((_ e) (* 2 e))))
(eval '(define fresh (twice base)) (interaction-environment))
(show (eval 'fresh (interaction-environment)))
(eval '(define-syntax thrice (syntax-rules () ((_ e) (* 3 e)))))
(show (eval '(thrice 5)))
(eval '(set! base 11))
(show base)

;; An environment of imports has nothing else.
(define small (environment '(only (scheme base) + let) '(prefix (scheme write) w:)))
(show (environment? small) (environment? 'small))
(show (eval '(let ((x 1)) (+ x 1)) small))
(show (guard (e (#t (condition/report-string e))) (eval '(car '(1)) small)))
(show (guard (e (#t (condition/report-string e))) (eval '(if) (interaction-environment))))
(show (guard (e (#t (condition/report-string e))) (environment '(no such library))))

;; Data that needs care when written.
(show (eval (list 'quote (list "a\"b\\" #\space '|odd name| 1.5 (vector 1 'x) #u8(1 2) '()))))
(show (eval (list 'let '((x 5)) (list 'let 'loop '((i 0)) '(if (< i x) (loop (+ i 1)) i)))))

;; Errors inside of what is evaluated are the program's to handle; tail calls stay proper.
(show (guard (e ((symbol? e) (list 'caught e))) (eval '(raise 'oops))))
(define (count n) (if (= n 0) 'done (eval (list 'count (- n 1)))))
(show (count 200))

;; Continuations and dynamic state go through it.
(define p (make-parameter 1))
(show (parameterize ((p 2)) (eval '(p))))
(show (call/cc (lambda (k) (set! p k) (eval '(p 'escaped)) 'not-reached)))

;; Another actor has the program's definitions, and keeps its own to itself.
(let ((me (self)))
  (define child
    (spawn (lambda ()
             (eval '(define fresh 'childs))
             (eval '(define-syntax thrice (syntax-rules () ((_ e) 'other))))
             (send me (list (eval '(twice base)) (eval 'fresh) (eval '(thrice 1)))))))
  (show (receive) (eval 'fresh) (eval '(thrice 1))))
