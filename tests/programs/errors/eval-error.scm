;; A mistake in a datum that is evaluated.
(define expression '(let ((x 1) x)))
(eval expression (interaction-environment))
