;; Procedures that remember what they answered.
(define (show . items) (for-each display items) (newline))

(define calls 0)
(define-memoized (fibonacci n)
  (set! calls (+ calls 1))
  (if (< n 2) n (+ (fibonacci (- n 1)) (fibonacci (- n 2)))))
(show (fibonacci 80) " in " calls " calls")
(show (fibonacci 80) " in " calls " calls")
(show (memoization-statistics fibonacci))

;; What was not used for longest is forgotten first.
(define seen '())
(define square-of (memoize (lambda (n) (set! seen (cons n seen)) (* n n)) 3))
(for-each square-of '(1 2 3 1 4 1 2))
(show (reverse seen) " " (memoization-statistics square-of))

;; One entry is enough for a list of one, and for its end.
(define last-of (memoize (lambda (x) (list x)) 1))
(for-each last-of '(1 1 2 2 1))
(show (memoization-statistics last-of))

;; Arguments are compared with equal?, and as many as there are.
(define joined (memoize (lambda parts (apply string-append parts))))
(show (joined "a" "b") (joined "a" "b") (joined) (joined "ab"))
(show (memoization-statistics joined))
(define of-list (memoize (lambda (items . more) (list items more))))
(show (of-list '(1 2)) (of-list 1 2) (of-list '(1 2)) (memoization-statistics of-list))

;; Inside of a body, and two at once that need each other.
(define (ways amount)
  (define coins '#(1 5 10 25 50))
  (define-memoized (count amount kinds)
    (cond ((= amount 0) 1)
          ((or (< amount 0) (= kinds 0)) 0)
          (else (+ (count amount (- kinds 1))
                   (count (- amount (vector-ref coins (- kinds 1))) kinds)))))
  (let ((answer (count amount 5))) (show (memoization-statistics count)) answer))
(show (ways 100))

;; An error is not remembered.
(define-memoized (half n) (if (even? n) (quotient n 2) (error "odd:" n)))
(define (tried n) (guard (c (#t (condition/report-string c))) (half n)))
(show (tried 3) " " (tried 3) " " (tried 4) " " (memoization-statistics half))

;; The switch.
(memoization-enable! half #f)
(show (half 4) (half 4) " " (memoization-statistics half))
(memoization-enable! half #t)
(show (half 4) (half 4) " " (memoization-statistics half))
(memoization-clear! half)
(show (memoization-statistics half))

(show (memoized? half) (memoized? car) (memoized? tried) (memoized? 5))
(show (guard (c (#t (condition/report-string c))) (memoize 5)))
(show (guard (c (#t (condition/report-string c))) (memoize car 0)))
(show (guard (c (#t (condition/report-string c))) (memoization-statistics car)))
