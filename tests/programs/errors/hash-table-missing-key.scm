;; A key that is not there, and nothing to do about it.
(define ages (make-equal-hash-table))
(hash-table-set! ages 'ann 31)
(hash-table-ref ages 'bob)
