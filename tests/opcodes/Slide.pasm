; Two values go from below the top.
; answer: (1 . 4)
procedure "Slide" 0 slots 8
  Integer 1
  Integer 2
  Integer 3
  Integer 4
  Slide 2
  Cons
  Return
