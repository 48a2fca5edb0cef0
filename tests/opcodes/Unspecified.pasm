; It is equal to itself and to no other constant.
; answer: (#t . #f)
procedure "Unspecified" 0 slots 8
  Unspecified
  Unspecified
  Eq
  Unspecified
  False
  Eq
  Cons
  Return
