;; A receiver that takes fewer values than there are.
(call-with-values (lambda () (values 1 2 3)) (lambda (a b) (+ a b)))
