;; A dot without a datum before it.
(define pair '( . 5))
