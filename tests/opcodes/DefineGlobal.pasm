; A variable is bound, and bound again.
; answer: 8
procedure "DefineGlobal" 0 slots 8
  Integer 7
  DefineGlobal "mine"
  Integer 8
  DefineGlobal "mine"
  Global "mine"
  Return
