; From two calls further in.
; answer: 4
procedure "ResumeContinuation" 0 slots 8
  MakeClosure outer
  Call 0
  Return

outer: procedure "outer" 0 slots 6
  Integer 100
  MakeClosure inner
  CaptureContinuation
  Call 1
  Add
  Return
inner: procedure "inner" 1 slots 4
  Local 0
  Integer 4
  ResumeContinuation
