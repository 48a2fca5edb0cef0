; A closure that counts down by calling itself.
; answer: 15
procedure "CurrentClosure" 0 slots 8
  MakeClosure sum
  Integer 5
  Call 1
  Return

sum: procedure "sum" 1 slots 8
  Local 0
  Integer 0
  NumberEqual
  JumpIfFalse more
  Integer 0
  Return
more:
  Local 0
  CurrentClosure
  Local 0
  Integer 1
  Subtract
  Call 1
  Add
  Return
