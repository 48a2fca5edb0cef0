; A loop that doubles until 1000 is passed.
; answer: 1024
procedure "Jump" 0 slots 8
  Integer 1
again:
  Local 0
  Integer 1000
  Greater
  JumpIfFalse more
  Return
more:
  Local 0
  Dup
  Add
  SetLocal 0
  Jump again
