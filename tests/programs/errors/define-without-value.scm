;; A definition without a name and value.
(define)
