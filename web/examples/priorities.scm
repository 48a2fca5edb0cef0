;; Priorities: who is served first
;; Each band does the same work. High finishes first and background last, yet nobody starves: see Priority and Reductions.

(define main (self))

(define (work n)
  (let loop ((i 0) (sum 0))
    (if (= i n) sum (loop (+ i 1) (+ sum (remainder i 7))))))

(define (worker band number)
  (lambda ()
    (work 400000)
    (send main (list 'finished band number))))

(define bands '(background low normal high))

;; Six workers a band, the lowest band first.
(for-each
 (lambda (band)
   (for-each
    (lambda (number)
      (spawn (worker band number)
             'priority band
             'name (string-append (symbol->string band) "-" (number->string number))))
    (iota 6 1)))
 bands)

(let loop ((place 1))
  (if (<= place 24)
      (receive
        (('finished band number)
         (display (list place band number))
         (newline)
         (loop (+ place 1))))))
