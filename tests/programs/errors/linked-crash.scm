;; The crash of a linked actor ends the main actor with its reason.
(define child (spawn-link (lambda () (exit 'child-failed))))
(receive ('never 'never))
