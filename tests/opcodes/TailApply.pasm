; In place of the running procedure.
; answer: 10
procedure "TailApply" 0 slots 8
  MakeClosure sum
  Integer 1
  Integer 9
  Primitive "list" 2
  Call 1
  Return

plus: constant builtin "+"
sum: procedure "sum" 1 slots 4
  Const plus
  Local 0
  TailApply
