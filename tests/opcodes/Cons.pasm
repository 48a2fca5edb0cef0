; A pair.
; answer: (1 . 2)
procedure "Cons" 0 slots 8
  Integer 1
  Integer 2
  Cons
  Return
