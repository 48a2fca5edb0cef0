; What lies below is on top again.
; answer: 1
procedure "Pop" 0 slots 8
  Integer 1
  Integer 2
  Pop
  Return
