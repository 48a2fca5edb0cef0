;; SRFI 6, 9, 16, 23 and 39 export their names and no others.

(import (scheme base) (scheme write) (scheme eval))

(define (exported? library name)
  (guard (e (#t #f)) (environment (list 'only library name)) #t))

(define (show library . names)
  (write library)
  (for-each (lambda (name) (display " ") (write name) (display (if (exported? library name) " yes" " no"))) names)
  (newline))

(show '(srfi 6) 'open-input-string 'open-output-string 'get-output-string 'read-char 'car)
(show '(srfi 9) 'define-record-type 'define 'car)
(show '(srfi 16) 'case-lambda 'lambda 'car)
(show '(srfi 23) 'error 'raise 'car)
(show '(srfi 39) 'make-parameter 'parameterize 'make-settable-parameter 'car)
(show '(srfi 98) 'get-environment-variable)

(define everything
  (environment '(only (scheme base) * + let list quote) '(srfi 6) '(srfi 9) '(srfi 16) '(srfi 23) '(srfi 39)))
(define (run form) (guard (e (#t (condition/report-string e))) (eval form everything)))
(write (map run
            '((let () (define-record-type point (make-point x) point? (x point-x)) (point-x (make-point 1)))
              ((case-lambda ((a) (list a)) ((a b) (+ a b))) 3 4)
              (error "no such" 'luck)
              (let ((p (make-parameter 2 (case-lambda ((x) (* x x)))))) (list (p) (parameterize ((p 3)) (p))))
              (parameterize ((5 5)) 1)
              (get-output-string (open-output-string)))))
(newline)
