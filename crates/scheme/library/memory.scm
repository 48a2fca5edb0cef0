;;; Memory: what of it is written in Scheme.

;; With an object, the guardian registers it; without, it answers an object that nothing else refers to any more, or #f.
(define (make-guardian)
  (let ((objects (%make-guardian)))
    (named-lambda (guardian . registered)
      (cond ((null? registered) (%next-guarded objects))
            ((null? (cdr registered)) (%guard-object objects (car registered)))
            (else (error "guardian: expected at most one object, got more:" (cdr registered)))))))
