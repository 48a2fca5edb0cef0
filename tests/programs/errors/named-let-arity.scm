;; A loop called with too few arguments.
(let loop ((i 0) (sum 0))
  (if (< i 10) (loop (+ i 1)) sum))
