;; A transformer that reads a file, by way of a library.
(define-library (texts)
  (export first-line)
  (import (scheme base) (scheme file))
  (begin (define (first-line name) (call-with-input-file name read-line))))
(import (texts))
(define-syntax text-of (er-macro-transformer (lambda (form rename compare) (first-line (cadr form)))))
(display (text-of "/etc/passwd"))
