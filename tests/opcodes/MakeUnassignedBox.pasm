; It can be assigned; reading it before is an error, here of the kind that `condition-kind` tells.
; answer: (unbound-variable . 3)
procedure "MakeUnassignedBox" 0 slots 8
  MakeUnassignedBox
  Const caught
  MakeClosure kind
  Local 0
  MakeClosure read
  Call 2
  Local 0
  Integer 3
  BoxSet
  Local 0
  BoxRef
  Cons
  Return
caught: constant builtin "call-with-error-handler"

kind: procedure "kind" 1 slots 4
  Local 0
  Primitive "condition-kind" 1
  Return

read: procedure "read" 0 slots 4
  capture "box" boxed
  Capture 0
  BoxRef
  Return
