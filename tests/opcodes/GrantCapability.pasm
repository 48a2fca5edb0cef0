; To another actor, which finds it in its mailbox.
; answer: (capability-granted clock)
procedure "GrantCapability" 0 slots 8
  Const spawn
  Primitive "self" 0
  MakeClosure child
  Call 1
  False
  Const "for a child"
  RequestCapability "clock"
  GrantCapability
  ReceiveAny
  Return

spawn: constant builtin "spawn"
; Sends its parent what it is granted.
child: procedure "child" 0 slots 6
  capture "parent"
  Capture 0
  ReceiveAny
  Dup
  Car
  Swap
  Cdr
  Car
  Primitive "capability-kind" 1
  Primitive "list" 2
  Send
  Nil
  Return
