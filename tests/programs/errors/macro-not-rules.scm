;; A macro defined by a procedure.
(define-syntax swap! (lambda (x) x))
