;; A name that is nearly one of the program's own; a handler looks at it and passes it on.
(define (account-balance account) (cdr account))
(guard (e ((string? e) 'other))
  (account-balence '(main . 5)))
