;; An index outside of a bytevector.
(bytevector-u8-ref (bytevector 1 2 3) 3)
