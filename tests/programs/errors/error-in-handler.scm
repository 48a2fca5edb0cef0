;; An error in a handler replaces the first one.
(guard (e (#t (car e)))
  (error "first"))
