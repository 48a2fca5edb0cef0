;; An error inside of a memoized procedure.
(define-memoized (depth tree)
  (if (null? tree) 0 (+ 1 (max (depth (car tree)) (depth (cdr tree))))))
(display (depth '((()) ())))
(display (depth '((1) ())))
