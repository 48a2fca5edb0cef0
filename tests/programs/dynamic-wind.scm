;; dynamic-wind: order of entries and exits through returns, escapes and re-entries.
(define trace '())
(define (note x) (set! trace (cons x trace)))
(define (report) (write (reverse trace)) (newline) (set! trace '()))
(write (dynamic-wind (lambda () (note 'in)) (lambda () (note 'during) 'value) (lambda () (note 'out))))
(newline)
(report)
(call/cc
 (lambda (k)
   (dynamic-wind
     (lambda () (note 'in1))
     (lambda ()
       (dynamic-wind (lambda () (note 'in2)) (lambda () (k 'escape)) (lambda () (note 'out2))))
     (lambda () (note 'out1)))))
(report)
;; The example of R7RS.
(write
 (let ((path '()) (c #f))
   (let ((add (lambda (s) (set! path (cons s path)))))
     (dynamic-wind
       (lambda () (add 'connect))
       (lambda () (add (call/cc (lambda (c0) (set! c c0) 'talk1))))
       (lambda () (add 'disconnect)))
     (if (< (length path) 4)
         (c 'talk2)
         (reverse path)))))
(newline)
;; Re-entering a wind from outside, three times.
(let ((resume #f) (times 0))
  (dynamic-wind
    (lambda () (note 'enter))
    (lambda () (call/cc (lambda (k) (set! resume k))) (note 'body))
    (lambda () (note 'leave)))
  (set! times (+ times 1))
  (if (< times 3) (resume 'again))
  (report))
;; From one wind straight into another: only what differs is unwound and rewound.
(let ((inner #f) (done #f))
  (dynamic-wind
    (lambda () (note 'common-in))
    (lambda ()
      (dynamic-wind
        (lambda () (note 'a-in))
        (lambda () (call/cc (lambda (k) (set! inner k))) (note 'a))
        (lambda () (note 'a-out)))
      (if (not done)
          (begin
            (set! done #t)
            (dynamic-wind
              (lambda () (note 'b-in))
              (lambda () (inner 'jump))
              (lambda () (note 'b-out))))))
    (lambda () (note 'common-out))))
(report)
