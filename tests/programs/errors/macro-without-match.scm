;; A use that no pattern of its macro matches.
(define-syntax swap!
  (syntax-rules ()
    ((_ a b) (let ((t a)) (set! a b) (set! b t)))))
(swap! 1)
