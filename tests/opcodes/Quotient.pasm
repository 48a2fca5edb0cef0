; Toward zero.
; answer: (-3 . 3)
procedure "Quotient" 0 slots 8
  Integer -7
  Integer 2
  Quotient
  Integer 7
  Integer 2
  Quotient
  Cons
  Return
