; Slots are variables.
; answer: (5 . 6)
procedure "Local" 0 slots 8
  Integer 5
  Integer 6
  Local 0
  Local 1
  Cons
  Return
