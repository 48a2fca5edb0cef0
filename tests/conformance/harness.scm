;; What the conformance suite is written in: assertions that count, and go on after an error.
;;
;; `physics run tests/conformance/harness.scm tests/conformance/6.4-lists.scm` runs one section by hand. The native and
;; the browser's runner (tests/tests/conformance.rs, tests/e2e/conformance.test.mjs) both divide a file into forms: one
;; begins at each line that begins with a parenthesis, and has no other such line.
;;
;; Every assertion has the value `pass`, or says what was expected and what came instead.

(import (scheme base) (scheme char) (scheme inexact) (scheme write))

(define section-name "")
(define passed-count 0)
(define total-count 0)
(define failures '())

(define (section name)
  (set! section-name name)
  (set! passed-count 0)
  (set! total-count 0)
  (set! failures '()))

(define (note-outcome passed? expression expected got)
  (set! total-count (+ total-count 1))
  (cond (passed?
         (set! passed-count (+ passed-count 1))
         'pass)
        (else
         (let ((failure (list section-name expression expected got)))
           (set! failures (cons failure failures))
           (list 'fail 'expected expected 'got got)))))

;; Equal as the standard writes results: numbers of one exactness and value (all NaNs alike, 0.0 unlike -0.0), and
;; structures part by part. Asks neither `equal?` nor `eqv?`, which are tested themselves.
(define (same? a b)
  (cond ((pair? a)
         (and (pair? b) (same? (car a) (car b)) (same? (cdr a) (cdr b))))
        ((number? a)
         (and (number? b) (same-number? a b)))
        ((string? a)
         (and (string? b) (string=? a b)))
        ((char? a)
         (and (char? b) (char=? a b)))
        ((vector? a)
         (and (vector? b)
              (= (vector-length a) (vector-length b))
              (let loop ((i 0))
                (or (= i (vector-length a))
                    (and (same? (vector-ref a i) (vector-ref b i))
                         (loop (+ i 1)))))))
        ((bytevector? a)
         (and (bytevector? b)
              (= (bytevector-length a) (bytevector-length b))
              (let loop ((i 0))
                (or (= i (bytevector-length a))
                    (and (= (bytevector-u8-ref a i) (bytevector-u8-ref b i))
                         (loop (+ i 1)))))))
        (else (eq? a b))))

(define (same-number? a b)
  (cond ((exact? a) (and (exact? b) (= a b)))
        ((exact? b) #f)
        ((not (= a a)) (not (= b b)))
        ((= a 0) (and (= b 0) (= (/ 1. a) (/ 1. b))))
        (else (= a b))))

;; Calls `succeed` with the values of `thunk`, or `fail` with what it raised.
(define (attempt thunk succeed fail)
  ((call-with-current-continuation
    (lambda (return)
      (with-exception-handler
       (lambda (raised)
         (return (lambda () (fail raised))))
       (lambda ()
         (call-with-values thunk
           (lambda results
             (lambda () (apply succeed results))))))))))

(define (describe raised)
  (if (error-object? raised)
      (cons 'error (cons (error-object-message raised) (error-object-irritants raised)))
      (list 'raised raised)))

(define (check-value expected expression thunk)
  (attempt thunk
    (lambda results
      (if (and (pair? results) (null? (cdr results)))
          (note-outcome (same? expected (car results)) expression expected (car results))
          (note-outcome #f expression expected (cons 'values results))))
    (lambda (raised)
      (note-outcome #f expression expected (describe raised)))))

(define (check-values expected expression thunk)
  (attempt thunk
    (lambda results
      (note-outcome (same? expected results) expression (cons 'values expected) (cons 'values results)))
    (lambda (raised)
      (note-outcome #f expression (cons 'values expected) (describe raised)))))

(define (check-true expression thunk)
  (attempt thunk
    (lambda results
      (note-outcome (and (pair? results) (null? (cdr results)) (car results) #t) expression 'true results))
    (lambda (raised)
      (note-outcome #f expression 'true (describe raised)))))

(define (check-error expression thunk)
  (attempt thunk
    (lambda results
      (note-outcome #f expression 'error (cons 'values results)))
    (lambda (raised)
      (note-outcome #t expression 'error raised))))

;; (test EXPECTED EXPRESSION): its one value is the datum EXPECTED.
(define-syntax test
  (syntax-rules ()
    ((_ expected expression)
     (check-value 'expected 'expression (lambda () expression)))))

;; (test-values (EXPECTED ...) EXPRESSION): its values are those data.
(define-syntax test-values
  (syntax-rules ()
    ((_ expected expression)
     (check-values 'expected 'expression (lambda () expression)))))

;; (test-true EXPRESSION): its one value is not #f.
(define-syntax test-true
  (syntax-rules ()
    ((_ expression)
     (check-true 'expression (lambda () expression)))))

;; (test-error EXPRESSION): it raises something.
(define-syntax test-error
  (syntax-rules ()
    ((_ expression)
     (check-error 'expression (lambda () expression)))))

;; Writes the section's result, and each failure on a line of its own.
(define (report)
  (display section-name)
  (display ": passed ")
  (display passed-count)
  (display " of ")
  (display total-count)
  (newline)
  (for-each
   (lambda (failure)
     (display "failed: ")
     (display (car failure))
     (display ": ")
     (write (cadr failure))
     (display " expected ")
     (write (car (cddr failure)))
     (display " got ")
     (write (cadr (cddr failure)))
     (newline))
   (reverse failures)))
