; Past the smallest small integer, and floats.
; answer: (-1152921504606846977 . -1.0)
procedure "Subtract" 0 slots 8
  Const least
  Integer 1
  Subtract
  Const half
  Const more
  Subtract
  Cons
  Return

least: constant integer -1152921504606846976
half: constant float 0.5
more: constant float 1.5
