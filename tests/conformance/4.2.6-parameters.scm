;; Section 4.2.6: make-parameter, parameterize.
(section "4.2.6-parameters")

(define radix
  (make-parameter 10
    (lambda (x)
      (if (and (exact-integer? x) (<= 2 x 16))
          x
          (error "invalid radix")))))
(define (f n) (number->string n (radix)))
(test "12" (f 12))
(test "1100" (parameterize ((radix 2)) (f 12)))
(test "12" (begin (parameterize ((radix 2)) (f 12)) (f 12)))
(test-error (parameterize ((radix 0)) (f 12)))
(test "12" (begin (guard (e (#t 0)) (parameterize ((radix 0)) (f 12))) (f 12)))

(define plain (make-parameter 1))
(test-true (procedure? plain))
(test 1 (plain))
(test 2 (parameterize ((plain 2)) (plain)))
(test (1 2 3 2 1) (let* ((a (plain)) (r (parameterize ((plain 2)) (let* ((b (plain)) (c (parameterize ((plain 3)) (plain))) (d (plain))) (list b c d))))) (append (list a) r (list (plain)))))
(test 5 (parameterize () 5))
(test 3 (parameterize ((plain 2)) 1 2 3))
(test 3 (parameterize ((plain 2)) (define a 1) (+ a (plain))))

;; Converters: applied to the first value and to each bound one, and once only.
(define doubled (make-parameter 1 (lambda (x) (* x 2))))
(test 2 (doubled))
(test 20 (parameterize ((doubled 10)) (doubled)))
(test 2 (begin (parameterize ((doubled 10)) (doubled)) (doubled)))
(test (40 20 2) (let* ((a (parameterize ((doubled 10)) (let* ((b (parameterize ((doubled 20)) (doubled)))) (list b (doubled)))))) (append a (list (doubled)))))
(test 1 (let* ((n 0) (p (make-parameter 0 (lambda (x) (set! n (+ n 1)) x)))) (p) (p) (p) n))
(test 2 (let* ((n 0) (p (make-parameter 0 (lambda (x) (set! n (+ n 1)) x)))) (parameterize ((p 5)) (p) (p)) (p) n))
(test (#(1) #(2)) (let ((p (make-parameter 1 vector))) (list (p) (parameterize ((p 2)) (p)))))

;; Several at once: values are evaluated and converted outside.
(define other (make-parameter 'a))
(test (2 b) (parameterize ((plain 2) (other 'b)) (list (plain) (other))))
(test (a 1) (parameterize ((plain (other)) (other (plain))) (list (plain) (other))))
(test 1 (let ((p (make-parameter 0))) (parameterize ((p (+ (p) 1))) (p))))
(test (0 10) (let* ((p (make-parameter 0)) (q (make-parameter 5 (lambda (x) (+ x (p)))))) (parameterize ((p 100) (q 10)) (list 0 (q)))))
(test x (parameterize (((car (list other)) 'x)) (other)))
(test 2 (let-syntax ((with-two (syntax-rules () ((_ p body) (parameterize ((p 2)) body))))) (with-two plain (plain))))

;; The binding is dynamic, is not seen by assignments to others, and ends however the body ends.
(test 2 (let ((get (lambda () (plain)))) (parameterize ((plain 2)) (get))))
(test 1 (let ((get (parameterize ((plain 2)) (lambda () (plain))))) (get)))
(test 1 (begin (call-with-current-continuation (lambda (k) (parameterize ((plain 2)) (k 0)))) (plain)))
(test 1 (begin (guard (e (#t 0)) (parameterize ((plain 2)) (raise 'out))) (plain)))
(test (2 1) (guard (e (#t (list e (plain)))) (parameterize ((plain 2)) (raise (plain)))))
(test 2 (with-exception-handler (lambda (e) (plain)) (lambda () (parameterize ((plain 2)) (raise-continuable 'x)))))
(test (2 1 2) (let* ((k #f) (r '()) (n 0)) (parameterize ((plain 2)) (call-with-current-continuation (lambda (c) (set! k c))) (set! r (cons (plain) r))) (set! n (+ n 1)) (if (= n 1) (begin (set! r (cons (plain) r)) (k 0)) r)))
(test (2 2 2) (parameterize ((plain 2)) (map (lambda (x) (plain)) '(a b c))))
(test 1000000 (let ((p (make-parameter 0))) (let loop ((i 0)) (if (= i 1000000) i (begin (parameterize ((p i)) (p)) (loop (+ i 1)))))))
(test-error (make-parameter))
(report)
