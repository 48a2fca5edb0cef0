; The second element.
; answer: 8
procedure "VectorRef" 0 slots 8
  Integer 7
  Integer 8
  Primitive "vector" 2
  Integer 1
  VectorRef
  Return
