; Twice the same value.
; answer: 49
procedure "Dup" 0 slots 8
  Integer 7
  Dup
  Multiply
  Return
