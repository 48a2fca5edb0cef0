; What is given to it is the value of the procedure's call.
; answer: (1 . 8)
procedure "CaptureContinuation" 0 slots 8
  Integer 1
  MakeClosure escapes
  Call 0
  Cons
  Return

escapes: procedure "escapes" 0 slots 4
  CaptureContinuation
  Integer 8
  ResumeContinuation
