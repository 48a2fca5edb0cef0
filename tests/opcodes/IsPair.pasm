; The empty list is none.
; answer: (#t . #f)
procedure "IsPair" 0 slots 8
  Nil
  Nil
  Cons
  IsPair
  Nil
  IsPair
  Cons
  Return
