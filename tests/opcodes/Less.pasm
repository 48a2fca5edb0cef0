; 1 and 2, 2 and 2.0, 1/2 and a quarter.
; answer: (#t #f #f)
procedure "Less" 0 slots 8
  Integer 1
  Integer 2
  Less
  Integer 2
  Const two
  Less
  Const half
  Const quarter
  Less
  Primitive "list" 3
  Return

two: constant float 2.0
half: constant ratio "1/2"
quarter: constant float 0.25
