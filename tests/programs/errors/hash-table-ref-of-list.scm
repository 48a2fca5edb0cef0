;; An association list is no hash table.
(hash-table-ref/default '((a . 1)) 'a 0)
