;; A message to a name that nobody has.
(send 'printer "page")
