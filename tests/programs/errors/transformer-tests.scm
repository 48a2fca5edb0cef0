;; A transformer that runs a test.
(import (srfi 64))
(define-syntax tested
  (er-macro-transformer
   (lambda (form rename compare)
     (test-eqv "two" 2 (length form))
     1)))
(display (tested 1))
