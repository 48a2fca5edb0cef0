;;; SRFI 8: receive binds multiple values. Whoever imports it gives up the machine's `receive`, or renames one of the two.

(define-library (srfi 8)
  (export receive)
  (import (scheme base))
  (begin
    (define-syntax receive
      (syntax-rules ()
        ((_ formals expression body ...)
         (call-with-values (lambda () expression) (lambda formals body ...)))))))
