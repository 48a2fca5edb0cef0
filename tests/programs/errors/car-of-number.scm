;; A type error of a data operation.
(define (first list)
  (car list))
(display (first '(1 2)))
(display (first 5))
