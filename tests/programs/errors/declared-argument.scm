;; An argument of another type than declared: whoever calls is to blame.
(: half (-> integer number))
(define (half n)
  (/ n 2))

(define (start word)
  (let ((parts (list word)))
    (half (car parts))
    (newline)))
(start "seven")
