;; Actors of all five priorities finish their work; the result does not depend on their order.
(define me (self))
(define (work n) (let loop ((i 0) (sum 0)) (if (= i n) sum (loop (+ i 1) (+ sum i)))))
(define bands '(background low normal high system))
(for-each
 (lambda (band)
   (spawn (lambda () (send me (list band (work 20000)))) 'priority band))
 bands)
(define (result band) (receive ((b sum) (where (eq? b band)) (list band sum))))
(for-each (lambda (band) (display (result band)) (newline)) bands)
;; An actor changes its own.
(define changer (spawn (lambda () (set-priority! 'low) (send me (list 'changed (work 1000)))) 'priority 'high))
(display (receive (('changed sum) sum))) (newline)
