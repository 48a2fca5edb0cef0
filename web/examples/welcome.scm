;; Welcome: six miners, a smith and a clerk
;; Press Run, then look right: who runs, whose mailbox fills, whose heap grows. Click an actor to see it in every view.

;; One write per line, so that lines of different actors never mix.
(define (say . parts)
  (display
   (call-with-output-string
    (lambda (port)
      (for-each (lambda (part) (display part port)) parts)
      (newline port)))))

;; A lump is a list, a record of gold, a label or a promise: the Heap view colours them by type.
(define (lump i)
  (case (remainder i 4)
    ((0) (list i (* i i)))
    ((1) (vector i 'gold (* 1.5 i)))
    ((2) (string-append "vein " (number->string i)))
    (else (lambda () i))))

;; Fills a bag and empties it again and again. What was in it becomes garbage.
(define (dig depth)
  (let loop ((i 1) (bag '()) (weight 0))
    (cond ((> i depth) weight)
          ((= 0 (remainder i 400)) (loop (+ i 1) '() (+ weight 1)))
          (else (loop (+ i 1) (cons (lump i) bag) weight)))))

;; A miner keeps a few samples of each round: these survive.
(define (miner smith rounds)
  (let loop ((round 1) (samples '()))
    (when (<= round rounds)
      (send smith (list 'ore (dig (+ 4000 (random 4000)))))
      (sleep (+ 20 (random 40)))
      (loop (+ round 1) (append (map lump (iota 20)) samples)))))

;; Takes three lumps of ore for a bar. The smith is slower than the miners: its mailbox grows.
(define (smith clerk)
  (define (lump) (receive (('ore weight) weight)))
  (let loop ((bars 1))
    (let* ((a (lump)) (b (lump)) (c (lump)))
      (sleep 30)
      (send clerk (list 'bar bars (+ a b c)))
      (loop (+ bars 1)))))

(define miners 6)
(define rounds 120)
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
         (if (= 0 (remainder number 20)) (say "bar " number " of " bars))
         (loop (- left 1) (+ weight w))))))

(exit forge 'shutdown)
