;; Brackets of another dialect.
(define [square x] (* x x))
