;; syntax-rules: hygiene, ellipses, literals, recursion, macros that define.
(define-syntax swap!
  (syntax-rules ()
    ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(define tmp 1)
(define other 2)
(swap! tmp other)
(display (list tmp other)) (newline)
(define-syntax my-or
  (syntax-rules ()
    ((_) #f)
    ((_ e) e)
    ((_ e r ...) (let ((t e)) (if t t (my-or r ...))))))
(define t 5)
(display (my-or #f #f t)) (newline)
(define-syntax while
  (syntax-rules ()
    ((_ condition body ...) (let loop () (when condition body ... (loop))))))
(define i 0)
(while (< i 3) (display i) (set! i (+ i 1)))
(newline)
(define-syntax for
  (syntax-rules (in from to)
    ((_ x in list body ...) (for-each (lambda (x) body ...) list))
    ((_ x from a to b body ...) (do ((x a (+ x 1))) ((> x b)) body ...))))
(for x in '(a b c) (display x) (display " "))
(for x from 1 to 4 (display (* x x)) (display " "))
(newline)
(define-syntax my-let*
  (syntax-rules ()
    ((_ () body ...) (let () body ...))
    ((_ ((name value) rest ...) body ...) (let ((name value)) (my-let* (rest ...) body ...)))))
(display (my-let* ((a 1) (b (+ a 1)) (c (* b 10))) (list a b c))) (newline)
(define-syntax define-getters
  (syntax-rules ()
    ((_ (name value) ...) (begin (define (name) value) ...))))
(define-getters (one 1) (two 2))
(display (+ (one) (two))) (newline)
(define (shadow if) (my-or #f if))
(display (shadow 'kept)) (newline)
(define-syntax unless-zero
  (syntax-rules (else)
    ((_ n body (else other)) (if (= n 0) other body))))
(display (list (unless-zero 1 'yes (else 'no)) (unless-zero 0 'yes (else 'no)))) (newline)
(display
 (let-syntax ((double (syntax-rules () ((_ x) (* 2 x)))))
   (let ((* +)) (double 5))))
(newline)
