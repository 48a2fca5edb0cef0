;; A type error of a comparison.
(sort '(3 one 2) <)
