; 1 and 2, 2 and 2.0, 1/2 and a quarter.
; answer: (#t #t #f)
procedure "LessOrEqual" 0 slots 8
  Integer 1
  Integer 2
  LessOrEqual
  Integer 2
  Const two
  LessOrEqual
  Const half
  Const quarter
  LessOrEqual
  Primitive "list" 3
  Return

two: constant float 2.0
half: constant ratio "1/2"
quarter: constant float 0.25
