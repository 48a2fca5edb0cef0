; Two closures share a box.
; answer: 12
procedure "BoxSet" 0 slots 8
  Integer 5
  MakeBox
  Local 0
  MakeClosure put
  Integer 12
  Call 1
  Pop
  Local 0
  BoxRef
  Return

put: procedure "put" 1 slots 4
  capture "box" boxed
  Capture 0
  Local 0
  BoxSet
  Nil
  Return
