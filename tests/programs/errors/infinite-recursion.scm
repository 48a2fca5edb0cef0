;; Recursion without an end reaches the limit of the stack, which the error names.
(define (count-up n)
  (+ 1 (count-up (+ n 1))))
(display (count-up 0))
