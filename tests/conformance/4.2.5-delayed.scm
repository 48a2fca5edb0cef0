;; Section 4.2.5: delay, delay-force, force, make-promise, promise?; in constant space where the standard asks for it.
(import (scheme lazy))
(section "4.2.5-delayed")

(test 3 (force (delay (+ 1 2))))
(test (3 3) (let ((p (delay (+ 1 2)))) (list (force p) (force p))))

(define integers
  (letrec ((next (lambda (n) (delay (cons n (next (+ n 1)))))))
    (next 0)))
(define (head stream) (car (force stream)))
(define (tail stream) (cdr (force stream)))
(test 2 (head (tail (tail integers))))
(define (stream-filter p? s)
  (delay-force
   (if (null? (force s))
       (delay '())
       (let ((h (car (force s))) (t (cdr (force s))))
         (if (p? h)
             (delay (cons h (stream-filter p? t)))
             (stream-filter p? t))))))
(test 5 (head (tail (tail (stream-filter odd? integers)))))

(define count 0)
(define p
  (delay (begin (set! count (+ count 1))
                (if (> count x) count (force p)))))
(define x 5)
(test-true (promise? p))
(test 6 (force p))
(test #t (promise? p))
(test 6 (begin (set! x 10) (force p)))

(test #t (promise? (delay 1)))
(test #t (promise? (delay-force (delay 1))))
(test #t (promise? (make-promise 1)))
(test #f (promise? 1))
(test #f (promise? (lambda () 1)))
(test #f (promise? '()))
(test 1 (force (make-promise 1)))
(test (1 2) (force (make-promise '(1 2))))
(test 1 (force (make-promise (make-promise 1))))
(test-true (let ((p (delay 1))) (eq? p (make-promise p))))
(test-true (let ((p (make-promise 1))) (eq? p (make-promise p))))
(test-true (procedure? (force (make-promise car))))
(test 5 (force 5))
(test abc (force 'abc))
(test 3 (force (delay-force (delay 3))))
(test 3 (force (delay-force (delay-force (delay 3)))))
(test 3 (force (delay-force (make-promise 3))))
(test 1 (let* ((n 0) (p (delay (begin (set! n (+ n 1)) n)))) (force p) (force p)))
(test 1 (let* ((n 0) (p (delay-force (begin (set! n (+ n 1)) (delay n))))) (force p) (force p) n))
(test 0 (let* ((n 0) (p (delay (set! n 1)))) n))
(test (7 7) (let* ((p (delay 7)) (q (delay-force p))) (list (force q) (force p))))
(test 1 (let* ((n 0) (p (delay (begin (set! n (+ n 1)) n))) (q (delay-force p)) (r (delay-force p))) (force q) (force r) (force p) n))

;; The value of the first to finish counts.
(test (5 5) (letrec* ((n 0) (q (delay (begin (set! n (+ n 1)) (if (< n 5) (force q) n))))) (let* ((a (force q)) (b (force q))) (list a b))))
(test first (letrec* ((again #t) (r (delay (if again (begin (set! again #f) (force r) 'second) 'first)))) (force r)))

;; An error leaves the promise as it was.
(test (failed 2) (let* ((n 0) (p (delay (begin (set! n (+ n 1)) (if (= n 1) (raise 'oops) n))))) (let* ((a (guard (e (#t 'failed)) (force p))) (b (force p))) (list a b))))

;; Constant space.
(test 0 (letrec ((loop (lambda (n) (if (= n 0) (delay n) (delay-force (loop (- n 1))))))) (force (loop 1000000))))
(test 300000 (letrec ((from (lambda (n) (delay (cons n (from (+ n 1)))))) (nth (lambda (s n) (delay-force (if (= n 0) (delay (car (force s))) (nth (cdr (force s)) (- n 1))))))) (force (nth (from 0) 300000))))
(test 200001 (car (force (stream-filter (lambda (n) (> n 200000)) (letrec ((from (lambda (n) (delay (cons n (from (+ n 1))))))) (from 0))))))

(test 3 (force (delay (+ 1 (force (delay 2))))))
(report)
