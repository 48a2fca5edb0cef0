; The collector: many short-lived trees beside one that lives.
(define (make depth) (if (= depth 0) '() (cons (make (- depth 1)) (make (- depth 1)))))
(define (count tree) (if (null? tree) 1 (+ (count (car tree)) (count (cdr tree)))))
(define kept (make 15))
(let loop ((i 0) (sum 0))
  (if (= i 40) (+ sum (count kept)) (loop (+ i 1) (+ sum (count (make 12))))))
