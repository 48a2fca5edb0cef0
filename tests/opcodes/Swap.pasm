; The order changes.
; answer: 3
procedure "Swap" 0 slots 8
  Integer 7
  Integer 10
  Swap
  Subtract
  Return
