;; A power that no memory holds.
(define (tower n) (if (= n 0) 2 (expt 2 (tower (- n 1)))))
(tower 5)
