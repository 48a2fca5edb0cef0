;; A byte is at most 255.
(bytevector 1 2 256)
