; Only #f is false: the empty list is not.
; answer: (yes . no)
procedure "JumpIfFalse" 0 slots 8
  Nil
  JumpIfFalse never
  Const yes
  False
  JumpIfFalse no
  Unspecified
  Cons
  Return
no:
  Const no-name
  Cons
  Return
never:
  Unspecified
  Return

yes: constant symbol "yes"
no-name: constant symbol "no"
