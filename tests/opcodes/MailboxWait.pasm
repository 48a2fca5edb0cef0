; The message comes while the receive waits.
; answer: 7
procedure "MailboxWait" 0 slots 8
  Const spawn
  Primitive "self" 0
  MakeClosure speak
  Call 1
  Pop
  MakeClosure patient
  Call 0
  Return

spawn: constant builtin "spawn"
speak: procedure "speak" 0 slots 4
  capture "parent"
  Capture 0
  Integer 7
  Send
  Nil
  Return
; Any message, however long it takes.
patient: procedure "patient" 0 slots 4
  False
  MailboxBegin
look:
  MailboxPeek wait
  MailboxTake
  Return
wait:
  MailboxWait look
  Unspecified
  Return
