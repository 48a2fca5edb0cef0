;; Test suite: a queue and the tests that say what it does
;; Two tests do not pass: one is known to fail, the other finds a real mistake. Correct the procedure `length-of` and run again.

(import (srfi 64))

;; A queue is two lists: the front in order, the back reversed.
(define-record-type queue
  (make-queue front back)
  queue?
  (front front set-front!)
  (back back set-back!))

(define (new-queue . items) (make-queue items '()))
(define (empty-queue? q) (and (null? (front q)) (null? (back q))))
(define (enqueue! q item) (set-back! q (cons item (back q))))
(define (length-of q) (length (front q)))

(define (dequeue! q)
  (if (empty-queue? q) (error "the queue is empty"))
  (if (null? (front q))
      (begin
        (set-front! q (reverse (back q)))
        (set-back! q '())))
  (let ((item (car (front q))))
    (set-front! q (cdr (front q)))
    item))

(test-begin "queue")

(test-group "an empty queue"
  (define q (new-queue))
  (test-assert "is empty" (empty-queue? q))
  (test-eqv "has length 0" 0 (length-of q))
  (test-error "has nothing to give" error-object? (dequeue! q)))

(test-group "first in, first out"
  (define q (new-queue 'a 'b))
  (enqueue! q 'c)
  (test-eqv "counts what was added" 3 (length-of q))
  (test-equal "in order" '(a b c) (list (dequeue! q) (dequeue! q) (dequeue! q)))
  (test-assert "empty again" (empty-queue? q)))

(test-group "queues are different objects"
  (test-expect-fail "equal? looks inside")
  (test-assert "equal? looks inside" (equal? (new-queue 1) (new-queue 1))))

(test-end "queue")
