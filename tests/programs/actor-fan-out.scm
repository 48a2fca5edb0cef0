;; Work fanned out to many actors and gathered in the order of the work, whatever order it is done in.
(define (parallel-map f list)
  (let ((parent (self)))
    (for-each
     (lambda (index item) (spawn (lambda () (send parent (cons index (f item))))))
     (iota (length list))
     list)
    (map (lambda (index) (receive ((i . value) (where (= i index)) value))) (iota (length list)))))
(define (collatz n) (let loop ((n n) (steps 0)) (if (= n 1) steps (loop (if (even? n) (quotient n 2) (+ 1 (* 3 n))) (+ steps 1)))))
(display (parallel-map collatz (iota 20 1))) (newline)
(display (parallel-map (lambda (x) (list x (* x x))) '(1 2 3))) (newline)
(define total (apply + (parallel-map (lambda (n) (apply + (iota n))) (iota 200))))
(display total) (newline)
