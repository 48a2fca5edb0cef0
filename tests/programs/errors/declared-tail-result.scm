;; What a procedure without a declaration answers is checked where it is called.
(define (lookup key) (cdr (assq key '((a . 1) (b . "two")))))
(: number-of (-> symbol number))
(define (number-of key)
  (lookup key))
(display (number-of 'a))
(display (number-of 'b))
