; The smallest and the largest, whose sum is -1.
; answer: (-2147483648 . -1)
procedure "Integer" 0 slots 8
  Integer -2147483648
  Integer 2147483647
  Integer -2147483648
  Add
  Cons
  Return
