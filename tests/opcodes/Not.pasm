; Only #f is false.
; answer: (#t . #f)
procedure "Not" 0 slots 8
  False
  Not
  Integer 0
  Not
  Cons
  Return
