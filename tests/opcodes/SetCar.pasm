; The first changes.
; answer: (9 . 2)
procedure "SetCar" 0 slots 8
  Integer 1
  Integer 2
  Cons
  Local 0
  Integer 9
  SetCar
  Return
