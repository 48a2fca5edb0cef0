;; A parenthesis that is never closed is named where it was opened.
(define (f x)
  (+ x 1)
(display (f 1))
