; Deep recursion: a million frames, and back.
(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1)))))
(f 1000000)
