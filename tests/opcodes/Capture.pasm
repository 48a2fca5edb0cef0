; A closure over two values.
; answer: 42
procedure "Capture" 0 slots 8
  Integer 50
  Integer 8
  MakeClosure inner
  Call 0
  Return

inner: procedure "inner" 0 slots 4
  capture "a"
  capture "b"
  Capture 0
  Capture 1
  Subtract
  Return
