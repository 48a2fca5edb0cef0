; The rest.
; answer: 2
procedure "Cdr" 0 slots 8
  Integer 1
  Integer 2
  Cons
  Cdr
  Return
