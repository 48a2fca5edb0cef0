;; A clause of `guard` that is no list.
(guard (e else) (error "x"))
