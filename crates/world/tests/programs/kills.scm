; Exit signals that reach their targets in the middle of whatever they do.
(define parent (self))
(define (counter n) (if (= 0 (modulo n 5000)) (begin (display n) (newline))) (counter (+ n 1)))
(define victims (map (lambda (n) (spawn (lambda () (counter 1)))) '(1 2 3 4)))
(define monitors (map monitor victims))
(define (spin n) (if (> n 0) (spin (- n 1))))
(for-each
  (lambda (victim n) (spin n) (exit victim (if (odd? n) 'kill (list 'because n))))
  victims
  '(1000 30001 4000 50000))
(define (collect n)
  (if (> n 0)
      (receive ((list 'down reference actor reason) (write reason) (newline) (collect (- n 1))))))
(collect 4)
'over
