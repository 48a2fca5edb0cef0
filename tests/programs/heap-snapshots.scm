;; An actor's image of its own heap: canonical, without garbage, and as much as lives.
(import (scheme base) (scheme write) (physics base) (physics memory))

(define (show . xs) (for-each (lambda (x) (write x) (display " ")) xs) (newline))

(define first-image (heap-snapshot))
(show (bytevector? first-image) (> (bytevector-length first-image) 0))
;; It begins as every image does.
(show (utf8->string first-image 0 6) (bytevector-u8-ref first-image 6))

;; Two actors in equal states have equal images, whatever was collected in between.
(define (waste n) (do ((i 0 (+ i 1))) ((= i n)) (make-vector 100 i)))
(define (child size)
  (let ((parent (self)))
    (spawn (lambda ()
             (let ((data (map (lambda (n) (cons n (number->string n))) (iota size))))
               ;; What a slot of the stack held last counts as held.
               (receive (garbage (waste garbage) (waste 1)))
               (send parent (heap-snapshot))
               (receive ('stop data)))))))
(define (image-of size garbage)
  (let ((actor (child size)))
    (send actor garbage)
    (receive ((? bytevector? image) (send actor 'stop) image))))
(define image (image-of 100 0))
(show (equal? image (image-of 100 0)) (equal? image (image-of 100 5000)) (equal? image (image-of 101 0)))
(show (> (bytevector-length (image-of 1000 0)) (* 5 (bytevector-length image))))

;; One's own by address is the same; another actor's is denied, whatever one holds.
(show (bytevector? (heap-snapshot (self))))
(define other (spawn (lambda () (receive (x x)))))
(show (guard (e ((capability-denied? e) (list (condition/report-string e) (denied-kind e))))
        (heap-snapshot other)))
(show (guard (e (#t (condition/report-string e))) (heap-snapshot 'nobody)))
