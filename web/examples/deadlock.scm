;; Deadlock: two actors wait for each other
;; The machine notices that all wait and nothing is pending, and names those that wait. Their stacks show what they wait for.

(define (clerk name)
  (receive
    (('colleague other)
     (display (string-append name " asks the other one first\n"))
     (let ((answer (call other 'what-shall-i-do)))
       (display (list name 'got answer))))))

(define left (spawn (lambda () (clerk "left")) 'name "left"))
(define right (spawn (lambda () (clerk "right")) 'name "right"))

;; Each calls the other and waits for its reply, so neither ever serves a call.
(send left (list 'colleague right))
(send right (list 'colleague left))

(receive ('the-end-of-it 'never))
