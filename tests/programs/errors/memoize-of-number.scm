;; Only procedures can remember.
(define-memoized answer 42)
