;; Raising something that is no error object.
(define (check x)
  (if (negative? x)
      (raise 'negative-value)
      x))
(check -1)
