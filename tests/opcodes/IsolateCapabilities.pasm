; With nothing, and with what is held already; afterwards all is as before.
; answer: (#f #t #t)
procedure "IsolateCapabilities" 0 slots 8
  MakeClosure alone
  Nil
  Call 1
  MakeClosure alone
  False
  Const "to pass it on"
  RequestCapability "clock"
  Nil
  Cons
  Call 1
  False
  HasCapability "clock"
  Primitive "list" 3
  Return

; Is the clock held by who holds nothing but LIST?
alone: procedure "alone" 1 slots 6
  False
  False
  EnterSandbox
  Local 0
  IsolateCapabilities
  False
  HasCapability "clock"
  LeaveSandbox
  Return
