;; An association list is a list of pairs.
(assq 'b '(a b c))
