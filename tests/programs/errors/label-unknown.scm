;; A reference to a label that is not there.
(define ring '(a b . #0#))
