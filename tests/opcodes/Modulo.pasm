; It has the sign of the divisor.
; answer: (1 . -1)
procedure "Modulo" 0 slots 8
  Integer -7
  Integer 2
  Modulo
  Integer 7
  Integer -2
  Modulo
  Cons
  Return
