; Numbers are equal by value, pairs by identity.
; answer: (#t . #f)
procedure "Eq" 0 slots 8
  Const big
  Const same
  Eq
  Nil
  Nil
  Cons
  Nil
  Nil
  Cons
  Eq
  Cons
  Return

big: constant big "99999999999999999999"
same: constant big "99999999999999999999"
