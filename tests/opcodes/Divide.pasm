; Exact, as a ratio, and floats.
; answer: (2/3 . 0.25)
procedure "Divide" 0 slots 8
  Integer 4
  Integer 6
  Divide
  Const half
  Integer 2
  Divide
  Cons
  Return

half: constant float 0.5
