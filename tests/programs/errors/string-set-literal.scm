;; A literal string is constant.
(define s "hello")
(string-set! s 0 #\J)
