; A million calls need no stack.
; answer: done
procedure "TailCall" 0 slots 8
  MakeClosure count
  Const million
  Call 1
  Return

million: constant integer 1000000
done: constant symbol "done"
count: procedure "count" 1 slots 6
  Local 0
  Integer 0
  NumberEqual
  JumpIfFalse more
  Const done
  Return
more:
  CurrentClosure
  Local 0
  Integer 1
  Subtract
  TailCall 1
