;; A list that grows without an end reaches the limit of the heap, which the error names.
(define (grow list)
  (grow (cons 1 list)))
(grow '())
