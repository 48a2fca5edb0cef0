;; A definition of something that is no name.
(define "x" 1)
