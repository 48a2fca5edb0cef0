;; The empty list of another dialect.
(define (sum list) (if (eq? list nil) 0 (+ (car list) (sum (cdr list)))))
(sum '(1 2))
