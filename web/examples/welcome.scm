;; Welcome: six miners, a smith and a clerk
;; Press Run, then look right: who runs, whose mailbox fills, whose heap grows. Click an actor to see it in every view.

;; One write per line, so that lines of different actors never mix.
(define (say . parts)
  (display
   (call-with-output-string
    (lambda (port)
      (for-each (lambda (part) (display part port)) parts)
      (newline port)))))

;; Makes garbage on purpose: watch the nursery in the Heap view.
(define (dig depth)
  (let loop ((i 0) (ore '()))
    (cond ((= i depth) (length ore))
          ((= 0 (remainder i 300)) (loop (+ i 1) '()))
          (else (loop (+ i 1) (cons (* i i) ore))))))

(define (miner smith rounds)
  (let loop ((round 1))
    (when (<= round rounds)
      (send smith (list 'ore (dig (+ 20000 (random 20000)))))
      (sleep (+ 10 (random 30)))
      (loop (+ round 1)))))

;; Takes three lumps of ore for a bar. The smith is slower than the miners: its mailbox grows.
(define (smith clerk)
  (define (lump) (receive (('ore weight) weight)))
  (let loop ((bars 1))
    (let* ((a (lump)) (b (lump)) (c (lump)))
      (sleep 30)
      (send clerk (list 'bar bars (+ a b c)))
      (loop (+ bars 1)))))

(define miners 6)
(define rounds 50)
(define bars (quotient (* miners rounds) 3))

(define clerk (self))
(define forge (spawn (lambda () (smith clerk)) 'name "smith" 'priority 'high))

(for-each
 (lambda (i)
   (spawn (lambda () (miner forge rounds))
          'name (string-append "miner-" (number->string i))))
 (iota miners 1))

(let loop ((left bars) (weight 0))
  (if (= left 0)
      (say bars " bars forged, weight " weight)
      (receive
        (('bar number w)
         (if (= 0 (remainder number 10)) (say "bar " number " of " bars))
         (loop (- left 1) (+ weight w))))))

(exit forge 'shutdown)
