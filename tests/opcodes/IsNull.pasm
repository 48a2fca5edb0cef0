; Only the empty list is.
; answer: (#t . #f)
procedure "IsNull" 0 slots 8
  Nil
  IsNull
  False
  IsNull
  Cons
  Return
