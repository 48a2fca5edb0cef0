; An element changes.
; answer: #(7 9)
procedure "VectorSet" 0 slots 8
  Integer 7
  Integer 8
  Primitive "vector" 2
  Local 0
  Integer 1
  Integer 9
  VectorSet
  Return
