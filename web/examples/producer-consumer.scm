;; Producer and consumer: the consumer is too slow
;; Open Mailbox and select the consumer: the queue grows while the producer runs, then drains. That is how overload looks.

(define items 400)

(define (consumer)
  (let loop ((taken 0))
    (receive
      (('item n payload)
       (sleep 10)
       (if (= 0 (remainder n 100))
           (begin (display (list 'consumed n)) (newline)))
       (loop (+ taken 1)))
      ('end taken))))

(define worker (spawn-monitor consumer 'name "consumer"))

(define (producer)
  (let loop ((n 1))
    (if (> n items)
        (begin
          (display "everything is produced\n")
          (send (car worker) 'end))
        (begin
          (send (car worker) (list 'item n (iota 20)))
          (sleep 2)
          (loop (+ n 1))))))

(spawn producer 'name "producer")

(receive
  (('down r actor reason)
   (display "everything is consumed\n")))
