;; Parallel primes: one range an actor, all cores
;; Look at the Cores lanes: every core is busy. Set one core and run again to compare the time.

(define limit 40000)
(define workers 32)

(define (prime? n)
  (cond ((< n 4) (> n 1))
        ((= 0 (remainder n 2)) #f)
        (else
         (let loop ((d 3))
           (cond ((> (* d d) n) #t)
                 ((= 0 (remainder n d)) #f)
                 (else (loop (+ d 2))))))))

(define (count-primes from to)
  (let loop ((n from) (found 0))
    (if (= n to)
        found
        (loop (+ n 1) (if (prime? n) (+ found 1) found)))))

(define main (self))
(define step (quotient limit workers))

(for-each
 (lambda (i)
   (spawn (lambda ()
            (send main (list 'found (count-primes (* i step) (* (+ i 1) step)))))
          'name (string-append "range-" (number->string i))))
 (iota workers))

(define total
  (let loop ((left workers) (sum 0))
    (if (= left 0)
        sum
        (receive (('found count) (loop (- left 1) (+ sum count)))))))

(display (list total 'primes 'below limit))
(newline)
total
