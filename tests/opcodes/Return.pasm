; What lies below the value is dropped.
; answer: 5
procedure "Return" 0 slots 8
  Integer 1
  Integer 2
  Integer 5
  Return
