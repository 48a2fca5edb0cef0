;; A string where a character is wanted.
(define s (make-string 3 #\a))
(string-set! s 0 "b")
