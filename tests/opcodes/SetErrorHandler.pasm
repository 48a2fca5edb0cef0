; What is raised in the sandbox goes to its handler, whatever it is.
; answer: (type-error . 1)
procedure "SetErrorHandler" 0 slots 8
  MakeClosure bounded
  MakeClosure wrong
  False
  False
  Call 3
  MakeClosure bounded
  MakeClosure right
  False
  False
  Call 3
  Cons
  Return

; What THUNK answers, or the kind of what it raises, with REDUCTIONS and WORDS of heap more.
bounded: procedure "bounded" 3 slots 10
  CaptureContinuation
  Local 1
  Local 2
  EnterSandbox
  MakeClosure handler
  SetErrorHandler
  Local 0
  Call 0
  LeaveSandbox
  Return
handler: procedure "handler" 1 slots 4
  capture "continuation"
  Capture 0
  Local 0
  Primitive "condition-kind" 1
  ResumeContinuation

wrong: procedure "wrong" 0 slots 2
  Nil
  Car
  Return
right: procedure "right" 0 slots 2
  Integer 1
  Return
