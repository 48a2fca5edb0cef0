;; A name that nobody defined.
(define (greet)
  (displya "hello"))
(greet)
