;; A `guard` without its variable.
(guard ((error? e) 'caught) (error "x"))
