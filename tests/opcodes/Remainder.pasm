; It has the sign of the dividend.
; answer: (-1 . 1)
procedure "Remainder" 0 slots 8
  Integer -7
  Integer 2
  Remainder
  Integer 7
  Integer -2
  Remainder
  Cons
  Return
