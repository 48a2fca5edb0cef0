; A global variable is read, and a builtin by its name.
; answer: (3 . 4)
procedure "Global" 0 slots 8
  Integer 3
  DefineGlobal "mine"
  Global "mine"
  Global "length"
  Integer 1
  Integer 2
  Integer 3
  Integer 4
  Primitive "list" 4
  Call 1
  Cons
  Return
