;; A receiver that takes no continuation.
(call-with-current-continuation (lambda () 5))
