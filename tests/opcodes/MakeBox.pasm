; Each box is its own.
; answer: (1 . 2)
procedure "MakeBox" 0 slots 8
  Integer 1
  MakeBox
  Integer 2
  MakeBox
  Local 0
  BoxRef
  Local 1
  BoxRef
  Cons
  Return
