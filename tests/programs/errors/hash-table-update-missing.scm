;; An update of a key that is not there.
(define counts (make-equal-hash-table))
(hash-table-update! counts 'word (lambda (n) (+ n 1)))
