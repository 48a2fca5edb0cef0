;; What a condition knows beside its message.
(define (show . items) (for-each display items) (newline))

(define (caught thunk) (call/cc (lambda (k) (with-exception-handler k thunk))))

(define (told condition)
  (show (condition-kind condition)
        " in " (condition-procedure condition)
        ", operation " (condition-operation condition)
        ", operand " (condition-operand condition)
        ", expected " (condition-expected condition)
        ", got " (condition-actual condition)
        " (" (condition-actual-type condition) ")"))

(define (first-of x) (+ 1 (car x)))
(told (caught (lambda () (first-of 'word))))
(told (caught (lambda () (vector-ref (vector 1 2 3) 7))))
(told (caught (lambda () (vector-ref (vector 1 2 3) "one"))))
(told (caught (lambda () (string-append "a" 5))))
(told (caught (lambda () (exact->inexact #f))))
(define two-of (list (lambda (x y) x)))
(told (caught (lambda () ((car two-of) 1))))
(told (caught (lambda () (apply cons '(1)))))
(told (caught (lambda () ("no procedure"))))
(told (caught (lambda () (error "my own" 1 2))))
(told (caught (lambda () (/ 5 0))))
(told (caught (lambda () (hash-table-set! '() 1 2))))

;; Depths count the calls of the program that wait.
(define (down n) (if (= n 0) (car 'bottom) (+ 1 (down (- n 1)))))
(define (depths condition)
  (let ((context (condition-context condition)))
    (list (cdr (assq 'recursion-depth context))
          (> (cdr (assq 'call-depth context)) (cdr (assq 'recursion-depth context)))
          (> (cdr (assq 'stack-words context)) 0)
          (> (cdr (assq 'reductions context)) 0))))
(show (depths (caught (lambda () (down 0)))))
(show (depths (caught (lambda () (down 10)))))
(show (depths (caught (lambda () (down 5000)))))

(define far (caught (lambda () (down 3))))
(show (cdr (condition-location far)))
(show (map car (condition-context far)))

;; A limit, and what was attempted. A full heap's numbers are those of the request only.
(define (endless n) (+ 1 (endless n)))
(define deep (caught (lambda () (endless 1))))
(show (condition-kind deep))
(let ((context (condition-context deep)))
  (show (< (cdr (assq 'limit context)) (cdr (assq 'attempted context)))))

;; It goes along with a message.
(define-record-type point (make-point x) point? (x point-x))
(define me (self))
(spawn (lambda () (send me (caught (lambda () (point-x 5))))))
(told (receive))

;; What is no condition has no context.
(show (condition-kind (caught (lambda () (condition-operation 5)))))
