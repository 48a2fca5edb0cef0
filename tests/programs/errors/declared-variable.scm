;; An assignment of another type than declared.
(: total number)
(define total 0)
(define (add item)
  (set! total (if (number? item) (+ total item) item)))
(add 5)
(add 'five)
