;; SRFI 28: format, and what it says of bad directives.

(import (scheme base) (scheme write) (srfi 28))

(define-syntax show
  (syntax-rules ()
    ((_ expression ...)
     (begin
       (guard (e (#t (display (condition/report-string e)) (newline)))
         (write expression) (newline))
       ...))))

(display (format "Hello, ~a" "World!"))
(newline)
(display (format "Error, list is too short: ~s~%" '(one "two" 3)))
(show
  (format "~a ~s ~~ ~%." "a" "b")
  (format "~a~a" '("x" #\y) #\z)
  (format "~s" #\z)
  (format "")
  (format "no directives" 1 2)
  (format "~a ~a" 1)
  (format "~d" 1)
  (format "~A" 1)
  (format "100~")
  (format 5 "~a"))
