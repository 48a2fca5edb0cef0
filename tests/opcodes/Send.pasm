; To itself, in order.
; answer: (first . second)
procedure "Send" 0 slots 8
  Primitive "self" 0
  Const first
  Send
  Primitive "self" 0
  Const second
  Send
  ReceiveAny
  ReceiveAny
  Cons
  Return

first: constant symbol "first"
second: constant symbol "second"
