;; `do` without its test.
(do ((i 0 (+ i 1))))
