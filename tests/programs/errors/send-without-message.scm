;; A message is missing.
(send (self))
