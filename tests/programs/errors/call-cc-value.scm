;; `call/cc` with something that is no procedure.
(call/cc 5)
