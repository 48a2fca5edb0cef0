;; An index outside of a string.
(display (string-ref "abc" -1))
