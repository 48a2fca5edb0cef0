;; Declared types.
(define (show . items) (for-each display items) (newline))
(define (tried thunk) (guard (c (#t (condition/report-string c))) (thunk)))
;; What nobody knows before it runs.
(define unknown (list 5 "five" 'five '(5 "five") 2.0 1/2 #f))
(define (pick n) (list-ref unknown n))

(: twice (-> integer integer))
(define (twice n) (* 2 n))
(show (twice 21) " " (tried (lambda () (twice (pick 1)))) " " (twice (pick 4)))

;; A result; a call in tail position of a procedure that is not declared is waited for.
(: named (-> integer string))
(define (named n) (pick n))
(show (named 1) ", " (tried (lambda () (named 0))))

;; Loops stay loops, with any number of turns.
(: count-down (-> integer symbol))
(define (count-down n) (if (= n 0) 'done (count-down (- n 1))))
(show (count-down 1000000))
(: even-number? (-> integer boolean))
(: odd-number? (-> integer boolean))
(define (even-number? n) (or (= n 0) (odd-number? (- n 1))))
(define (odd-number? n) (and (not (= n 0)) (even-number? (- n 1))))
(show (even-number? 1000001))
(: sum (-> (list-of number) number))
(define (sum numbers)
  (let next ((rest numbers) (sum 0))
    (if (null? rest) sum (next (cdr rest) (+ sum (car rest))))))
(show (sum '(1 2 3.5)) " " (tried (lambda () (sum (pick 3)))) " " (tried (lambda () (sum (pick 2)))))

;; A check looks at 8 items.
(: long (-> (list-of integer) integer))
(define (long items) (length items))
(show (long (append (iota 8) (list (pick 1)))) " " (tried (lambda () (long (append (iota 7) (list (pick 1)))))))

;; More arguments, and procedures.
(: joined (->* string (or string symbol) string))
(define (joined first . more)
  (apply string-append first (map (lambda (one) (if (symbol? one) (symbol->string one) one)) more)))
(show (joined "a" 'b "c") " " (joined "a") " " (tried (lambda () (joined "a" (pick 0)))))
(: each (-> (-> integer integer) (vector-of integer) vector))
(define (each change numbers) (vector-map change numbers))
(show (each twice (vector 1 2)) " " (tried (lambda () (each (pick 0) (vector)))) " "
      (tried (lambda () (each twice (vector (pick 2))))))
(: swapped (-> (pair-of integer any) pair))
(define (swapped pair) (cons (cdr pair) (car pair)))
(show (swapped '(1 . 2)) " " (tried (lambda () (swapped (cons (pick 2) 1)))))

;; Records.
(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(: width (-> (or point null) real))
(define (width thing) (if (null? thing) 0 (point-x thing)))
(show (width (make-point 3 4)) (width '()) " " (tried (lambda () (width (pick 0)))))

;; Variables, when they are defined and when they are assigned.
(: limit integer)
(define limit 10)
(set! limit (+ limit 1))
(show limit " " (tried (lambda () (set! limit (pick 1)))) " " limit)

;; In a body.
(define (area width)
  (: square (-> number number))
  (define (square n) (* n n))
  (: total number)
  (define total 0)
  (set! total (square width))
  total)
(show (area 3) " " (tried (lambda () (area (pick 1)))))

;; Who is to blame: the line of the call for an argument, the procedure's own for a result.
(define (blamed thunk) (cadr (condition-location (call/cc (lambda (k) (with-exception-handler k thunk))))))
(show (blamed (lambda ()
                (+ 1 (twice (pick 1)))))
      " "
      (blamed (lambda () (+ 1 (string-length (named 0))))))
(define condition (call/cc (lambda (k) (with-exception-handler k (lambda () (+ 1 (twice (pick 1))))))))
(show (condition-kind condition) " " (condition-operation condition) " " (condition-operand condition) " "
      (condition-expected condition) " " (condition-actual-type condition))

;; Declared and memoized.
(: third (-> rational rational))
(define-memoized (third n) (/ n 3))
(show (third 9) (third 9) (tried (lambda () (third (pick 1)))) (memoization-statistics third))
