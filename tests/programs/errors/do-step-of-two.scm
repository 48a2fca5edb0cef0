;; `do` with a wrong binding.
(do ((i 0 (+ i 1) 5)) ((= i 3)) (display i))
