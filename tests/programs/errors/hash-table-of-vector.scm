;; A type error of a hash table operation.
(hash-table-set! (vector 1) 'key 'value)
