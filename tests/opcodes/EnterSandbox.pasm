; Limits of reductions and of heap end what would not end; what ends within them is answered.
; answer: (sandbox-limit heap-limit 5 done)
procedure "EnterSandbox" 0 slots 8
  MakeClosure bounded
  MakeClosure forever
  Integer 5000
  False
  Call 3
  MakeClosure bounded
  MakeClosure grows
  False
  Integer 50000
  Call 3
  MakeClosure bounded
  MakeClosure five
  Integer 1000
  Integer 50000
  Call 3
  Const done
  Primitive "list" 4
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

done: constant symbol "done"
forever: procedure "forever" 0 slots 2
again:
  Jump again
grows: procedure "grows" 0 slots 4
  Nil
again:
  Nil
  Local 0
  Cons
  SetLocal 0
  Jump again
five: procedure "five" 0 slots 2
  Integer 5
  Return
