;; SRFI 2, 8 and 26: libraries that are mostly macros.

(import (scheme base) (scheme write) (srfi 2) (rename (srfi 8) (receive bind-values)) (srfi 26))

(define (show . xs) (for-each (lambda (x) (write x) (display " ")) xs) (newline))

(show (and-let* () 1) (and-let* ()) (and-let* ((x 1) (y (+ x 1)) ((> y x))) (list x y)))
(show (and-let* ((x (assv 2 '((1 . a)))) (y (cdr x))) y) (and-let* ((x 5))) (let ((z #f)) (and-let* (z (y 1)) y)))
(show (bind-values (a b . rest) (values 1 2 3 4) (list a b rest)) (bind-values all (values 1 2) all))
(show ((cut + 1 <>) 2) ((cut list 1 <> 3 <> <...>) 2 4 5 6) ((cut <> 1 2) *) (map (cut * 2 <>) '(1 2 3)) ((cut list)))

;; cute evaluates its parts once.
(define count 0)
(define (next!) (set! count (+ count 1)) count)
(define each-time (cut list (next!) <>))
(define once (cute list (next!) <>))
(show (each-time 'a) (each-time 'b) (once 'c) (once 'd) count)

;; The mailbox's receive is still there under its own name.
(send (self) 'hello)
(show (receive (x (list 'got x))))
