;; Messages of one sender arrive in the order in which it sent them, however senders interleave.
(define me (self))
(define senders 8)
(define each 500)
(for-each
 (lambda (s) (spawn (lambda () (do ((i 0 (+ i 1))) ((= i each)) (send me (cons s i))))))
 (iota senders))
(define next (make-vector senders 0))
(define in-order
  (let loop ((left (* senders each)) (good #t))
    (if (= left 0)
        good
        (receive
          ((s . i)
           (let ((expected (vector-ref next s)))
             (vector-set! next s (+ i 1))
             (loop (- left 1) (and good (= i expected)))))))))
(display in-order) (newline)
(display next) (newline)
;; Through a relay, order holds on each leg.
(define relay (spawn (lambda () (let loop () (receive ('end (send me 'end)) (x (send me (list 'relayed x)) (loop)))))))
(do ((i 0 (+ i 1))) ((= i 200)) (send relay i))
(send relay 'end)
(display (let loop ((i 0)) (receive (('relayed x) (and (= x i) (loop (+ i 1)))) ('end i)))) (newline)
