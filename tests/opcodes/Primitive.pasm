; The list in reverse.
; answer: (2 1)
procedure "Primitive" 0 slots 8
  Integer 1
  Integer 2
  Primitive "list" 2
  Primitive "reverse" 1
  Return
