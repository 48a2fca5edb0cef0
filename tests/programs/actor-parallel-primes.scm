;; Primes counted in ranges, one actor a range.
(define (prime? n)
  (and (> n 1)
       (let loop ((d 2)) (cond ((> (* d d) n) #t) ((= 0 (remainder n d)) #f) (else (loop (+ d 1)))))))
(define (count from to) (let loop ((n from) (found 0)) (if (= n to) found (loop (+ n 1) (if (prime? n) (+ found 1) found)))))
(define me (self))
(define chunk 2500)
(define chunks 8)
(for-each
 (lambda (i) (spawn (lambda () (send me (cons i (count (* i chunk) (* (+ i 1) chunk)))))))
 (iota chunks))
(define counts (map (lambda (i) (receive ((j . found) (where (= i j)) found))) (iota chunks)))
(display counts) (newline)
(display (apply + counts)) (newline)
