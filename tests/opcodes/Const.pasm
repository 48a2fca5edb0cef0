; Constants of every kind, in one list.
; answer: (1.5 "text" name #\λ 123456789012345678901 1/3 #(1 2) #u8(7) #t)
one: constant integer 1
two: constant integer 2
float: constant float 1.5
name: constant symbol "name"
lambda: constant character "λ"
big: constant big "123456789012345678901"
third: constant ratio "1/3"
items: constant vector one two
bytes: constant bytevector 7
procedure "Const" 0 slots 10
  Const float
  Const "text"
  Const name
  Const lambda
  Const big
  Const third
  Const items
  Const bytes
  True
  Primitive "list" 9
  Return
