; The rest changes.
; answer: (1 . 9)
procedure "SetCdr" 0 slots 8
  Integer 1
  Integer 2
  Cons
  Local 0
  Integer 9
  SetCdr
  Return
