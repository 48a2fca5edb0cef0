; A file's program is loaded into the program's environment, or into another.
(import (scheme base) (scheme eval) (scheme file) (scheme load) (scheme write) (physics base))

(define (show object) (write object) (newline))
(define (save path . forms)
  (call-with-output-file path (lambda (port) (for-each (lambda (form) (write form port) (newline port)) forms))))

(save "part.scm"
      '(define-syntax twice (syntax-rules () ((_ e) (list e e))))
      '(define counter 0)
      '(define (count!) (set! counter (+ counter 1)) counter)
      '(display "loading")
      '(newline))
(load "part.scm")
(show (eval '(list (count!) (count!) (twice 'x))))
(load "part.scm")
(show (eval 'counter))
(save "sum.scm" '(display (+ 1 2)) '(newline))
(load "sum.scm" (environment '(scheme base) '(scheme write)))
(define (report thunk) (guard (e (#t (display (condition/report-string e)) (newline))) (thunk)))
(report (lambda () (load "sum.scm" (environment '(only (scheme base) +)))))
(call-with-output-file "broken.scm" (lambda (port) (display "(define x\n  (car 5" port)))
(report (lambda () (load "broken.scm")))
(report (lambda () (load "none.scm")))
(define child
  (spawn-monitor (lambda () (load "part.scm")) 'capabilities (current-capabilities)))
(show (receive (('down _ _ reason) reason)))
(for-each delete-file '("part.scm" "sum.scm" "broken.scm"))
