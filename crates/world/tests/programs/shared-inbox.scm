; Many senders, one receiver that is choosy and sometimes impatient.
(define parent (self))
(define (sender name count)
  (lambda ()
    (let loop ((n 0))
      (when (< n count)
        (send parent (list name n))
        (loop (+ n 1))))
    (send parent 'finished)))
(for-each (lambda (name) (spawn (sender name 200))) '(a b c d))
(define (choosy finished got late)
  (if (= finished 4)
      (list got late)
      (receive
        ((list 'c n) (when (even? n) (choosy finished (+ got 1) late)))
        ('finished (choosy (+ finished 1) got late))
        (after 0
          (receive
            ((list name n) (choosy finished (+ got 1) (+ late 1)))
            ('finished (choosy (+ finished 1) got late)))))))
(let ((result (choosy 0 0 0)))
  (display (car result))
  (newline)
  result)
