;; A transformer whose answer is larger than memory.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (let loop ((n 0) (l '(1))) (if (= n 60) (list 'quote l) (loop (+ n 1) (list l l)))))))
(display (m))
