; Two closures that call each other: is 7 odd?
; answer: #t
procedure "PatchCapture" 0 slots 8
  Nil
  MakeClosure even
  Nil
  MakeClosure odd
  Local 0
  Local 1
  PatchCapture 0
  Local 1
  Local 0
  PatchCapture 0
  Local 1
  Integer 7
  Call 1
  Return

even: procedure "even?" 1 slots 6
  capture "odd?"
  Local 0
  Integer 0
  NumberEqual
  JumpIfFalse more
  True
  Return
more:
  Capture 0
  Local 0
  Integer 1
  Subtract
  TailCall 1

odd: procedure "odd?" 1 slots 6
  capture "even?"
  Local 0
  Integer 0
  NumberEqual
  JumpIfFalse more
  False
  Return
more:
  Capture 0
  Local 0
  Integer 1
  Subtract
  TailCall 1
