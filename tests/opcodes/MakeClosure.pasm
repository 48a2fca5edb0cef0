; One procedure, two closures.
; answer: (1 . 2)
procedure "MakeClosure" 0 slots 8
  Integer 1
  MakeClosure get
  Integer 2
  MakeClosure get
  Local 0
  Call 0
  Local 1
  Call 0
  Cons
  Return

get: procedure "get" 0 slots 2
  capture "value"
  Capture 0
  Return
