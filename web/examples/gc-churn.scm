;; GC churn: garbage by the megabyte, and a little that stays
;; Open Heap and GC: the nursery fills and empties many times a second, the old space grows and is cleaned now and then.

;; A queue of what stays: its oldest entries become garbage in the old space.
(define (keep item kept limit)
  (let ((kept (cons item kept)))
    (if (> (length kept) limit)
        (let half ((n (quotient limit 2)) (rest kept))
          (if (= n 0) '() (cons (car rest) (half (- n 1) (cdr rest)))))
        kept)))

(define (burst n)
  (let loop ((i 0) (last '()))
    (if (= i n)
        last
        (loop (+ i 1)
              (vector i (list i (* i 2)) (number->string i))))))

(define rounds 250)

(let loop ((round 1) (kept '()))
  (when (<= round rounds)
    (let ((item (list round (burst 1500) (make-string 40 #\x))))
      (if (= 0 (remainder round 50))
          (begin
            (display (list 'round round 'kept (length kept)))
            (newline)))
      (sleep 10)
      (loop (+ round 1) (keep item kept 80)))))

;; One large object lives in a space of its own and never moves.
(define large (make-vector 20000 'x))
(display (vector-length large))
(newline)
