;; Libraries: private variables, renamed exports and imports, macros that keep their environment, loading once.

(import (scheme base) (scheme write)
        (prefix (only (shapes square) make-square area) square:)
        (rename (shapes circle) (area circle-area))
        (except (tools) internal-count)
        (only (tools) internal-count))

;; A library may stand after what imports it, and may import others.
(define-library (tools)
  (export count! internal-count swap! unless-zero (rename listing list-of) filter)
  (import (scheme base))
  (begin
    (define counter 0)
    (define (internal-count) counter)
    (define (count!) (set! counter (+ counter 1)) counter)
    ;; Private, and not the program's `helper`.
    (define (helper . xs) (cons 'tools xs))
    (define (listing . xs) (apply helper xs))
    ;; A name that the machine has too.
    (define (filter x) (helper 'filter x))
    (define-syntax swap!
      (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
    (define-syntax unless-zero
      (syntax-rules (else)
        ((_ x body else other) (cond ((= x 0) other) (else (helper body))))))))

(define-library (shapes square)
  (export make-square area)
  (import (scheme base) (tools))
  (begin
    (define-record-type square (make-square side) square? (side side-of))
    (define (area s) (count!) (* (side-of s) (side-of s)))))

(define-library (shapes circle)
  (export area)
  (import (scheme base) (scheme inexact) (tools))
  (cond-expand
    ((library (no such library)) (begin (define (area r) 'never)))
    ((and r7rs (not no-such-feature)) (begin (define (area r) (count!) (* 3 r r))))
    (else (begin (define (area r) 'neither)))))

(define-library (never imported)
  (export x)
  (import (scheme base) (scheme write))
  (begin (display "This must not run.") (define x 1)))

(define (helper . xs) (cons 'program xs))
(define tmp 1)
(define other 2)
(swap! tmp other)

(define (show . xs) (for-each (lambda (x) (write x) (display " ")) xs) (newline))

(show (square:area (square:make-square 5)) (circle-area 2) (internal-count))
(show tmp other (helper 1) (list-of 1 2) (filter 3))
(show (unless-zero 1 'a else 'b) (unless-zero 0 'a else 'b))

;; The local `if` and `helper` do not reach the macro.
(let ((if list) (helper vector) (cond 'x))
  (show (unless-zero 7 'c else 'd)))

;; The machine's own names under others.
(import (rename (scheme base) (car first-of) (if wenn)) (prefix (scheme cxr) x-))
(show (wenn #t (first-of '(1 2)) 'no) (x-caddr '(1 2 3)))
(count!)
(show (internal-count))

;; An actor has the libraries of who made it.
(let ((me (self)))
  (spawn (lambda () (count!) (send me (list (internal-count) (list-of 'a)))))
  (show (receive) (internal-count)))
