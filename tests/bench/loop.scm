; A counting loop that fits in one frame.
(let loop ((i 0) (sum 0)) (if (= i 3000000) sum (loop (+ i 1) (+ sum i))))
