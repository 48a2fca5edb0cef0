; A handler's entry, and the error that it sees.
; answer: handled
procedure "SetDynamicState" 0 slots 8
  Const handler
  MakeClosure escape
  CaptureContinuation
  Call 1
  Primitive "vector" 2
  DynamicState
  Cons
  SetDynamicState
  Nil
  Car
  Return

handler: constant symbol "handler"
handled: constant symbol "handled"
; A handler that gives up the program's call.
escape: procedure "escape" 1 slots 4
  Local 0
  MakeClosure handle
  Return
handle: procedure "handle" 1 slots 4
  capture "continuation"
  Capture 0
  Const handled
  ResumeContinuation
