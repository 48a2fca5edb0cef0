;; A list that is too short.
(define (second list) (cadr list))
(second '(1))
