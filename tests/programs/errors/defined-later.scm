;; A global used before the line that defines it.
(display later)
(define later 5)
