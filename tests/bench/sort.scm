; Allocation and procedure calls through arguments: a merge sort of pseudo-random numbers.
(define (numbers n)
  (let loop ((i 0) (seed 42) (all '()))
    (if (= i n) all (loop (+ i 1) (modulo (+ (* seed 1103515245) 12345) 2147483648) (cons seed all)))))
(define sorted (sort (numbers 40000) <))
(list-ref sorted 20000)
