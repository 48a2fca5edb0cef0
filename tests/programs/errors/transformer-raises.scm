;; A transformer that refuses what it is given.
(define-syntax swap!
  (er-macro-transformer
    (lambda (form rename compare)
      (if (not (= (length form) 3))
          (error "swap! takes two variables, got" (cdr form)))
      form)))
(define x 1)
(swap! x)
