; The first.
; answer: 1
procedure "Car" 0 slots 8
  Integer 1
  Integer 2
  Cons
  Car
  Return
