; Waits for an actor that it has made.
; answer: (hello)
procedure "ReceiveAny" 0 slots 8
  Const spawn
  Primitive "self" 0
  MakeClosure speak
  Call 1
  Pop
  ReceiveAny
  Return

spawn: constant builtin "spawn"
hello: constant symbol "hello"
speak: procedure "speak" 0 slots 4
  capture "parent"
  Capture 0
  Const hello
  Nil
  Cons
  Send
  Nil
  Return
