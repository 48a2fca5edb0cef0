;; A list that was meant as data.
(define colours (red green blue))
