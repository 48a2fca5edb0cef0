; What is revoked is held no longer, and cannot be granted back.
; answer: (#t #f range-error)
procedure "RevokeCapability" 0 slots 8
  False
  Const "to give it up"
  RequestCapability "clock"
  False
  HasCapability "clock"
  Local 0
  RevokeCapability
  False
  HasCapability "clock"
  Const caught
  MakeClosure kind
  Local 0
  MakeClosure again
  Call 2
  Primitive "list" 3
  Return

caught: constant builtin "call-with-error-handler"
kind: procedure "kind" 1 slots 4
  Local 0
  Primitive "condition-kind" 1
  Return
again: procedure "again" 0 slots 4
  capture "clock"
  Primitive "self" 0
  Capture 0
  GrantCapability
  Nil
  Return
