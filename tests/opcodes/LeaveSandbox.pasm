; The innermost first; without one it is an error.
; answer: range-error
procedure "LeaveSandbox" 0 slots 8
  Const caught
  MakeClosure kind
  MakeClosure leaves
  Call 2
  Return

caught: constant builtin "call-with-error-handler"
kind: procedure "kind" 1 slots 4
  Local 0
  Primitive "condition-kind" 1
  Return
; Enters two and leaves three times.
leaves: procedure "leaves" 0 slots 4
  False
  False
  EnterSandbox
  Integer 100
  False
  EnterSandbox
  LeaveSandbox
  LeaveSandbox
  LeaveSandbox
  Nil
  Return
