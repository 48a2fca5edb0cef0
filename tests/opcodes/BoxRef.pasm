; What a box holds.
; answer: #t
procedure "BoxRef" 0 slots 8
  True
  MakeBox
  BoxRef
  Return
