;; A transformer in a library that does not import what it uses.
(define-library (lib) (export first) (import (only (scheme base) define-syntax quote lambda) (srfi 211 explicit-renaming))
 (begin (define-syntax first (er-macro-transformer (lambda (form rename compare) (cadr f))))))
(import (lib))
(display (first 1))
