; Past the largest small integer, and floats.
; answer: (1152921504606846976 . 2.0)
procedure "Add" 0 slots 8
  Const most
  Integer 1
  Add
  Const half
  Const more
  Add
  Cons
  Return

most: constant integer 1152921504606846975
half: constant float 0.5
more: constant float 1.5
