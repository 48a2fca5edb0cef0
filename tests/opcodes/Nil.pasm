; The empty list.
; answer: ()
procedure "Nil" 0 slots 8
  Nil
  Return
