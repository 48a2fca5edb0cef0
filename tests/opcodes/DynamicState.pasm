; It is a list, empty at the beginning.
; answer: ()
procedure "DynamicState" 0 slots 8
  DynamicState
  Return
