;; A macro without a clause for two arguments.
(define-syntax while
  (syntax-rules () ((_ test body ...) (let loop () (if test (begin body ... (loop)))))))
(while)
