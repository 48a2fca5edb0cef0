; Arguments arrive in order, and the rest as a list.
; answer: (1 2 3)
procedure "Call" 0 slots 8
  MakeClosure pack
  Integer 1
  Integer 2
  Integer 3
  Call 3
  Return

pack: procedure "pack" 1 rest slots 4
  Local 0
  Local 1
  Cons
  Return
