; 1,000 actors in a ring, and a token that goes 100 times round.
(define (node next) (receive (n (send next n) (if (> n 1000) (node next) 'done))))
(define (build k next) (if (= k 0) next (build (- k 1) (let ((after next)) (spawn (lambda () (node after)))))))
(define first (build 999 (self)))
(let loop ((n 100000))
  (send first n)
  (receive (m (if (> m 1000) (loop (- m 1000)) 'done))))
