; A bound variable takes a new value.
; answer: 2
procedure "SetGlobal" 0 slots 8
  Integer 1
  DefineGlobal "mine"
  Integer 2
  SetGlobal "mine"
  Global "mine"
  Return
