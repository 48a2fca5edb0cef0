; A list becomes arguments.
; answer: 6
procedure "Apply" 0 slots 8
  Const plus
  Integer 1
  Integer 2
  Integer 3
  Primitive "list" 3
  Apply
  Return

plus: constant builtin "+"
