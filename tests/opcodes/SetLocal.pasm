; A slot takes a new value.
; answer: 9
procedure "SetLocal" 0 slots 8
  Integer 5
  Integer 9
  SetLocal 0
  Local 0
  Return
