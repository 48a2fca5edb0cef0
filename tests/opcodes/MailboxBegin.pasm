; A receive with a timeout, in an empty mailbox.
; answer: late
procedure "MailboxBegin" 0 slots 8
  MakeClosure number
  Call 0
  Return

; The first message that is a number; what is before it stays. `late` when there is none for a millisecond.
number: procedure "number" 0 slots 4
  Integer 1
  MailboxBegin
look:
  MailboxPeek wait
  Dup
  Primitive "number?" 1
  JumpIfFalse next
  MailboxTake
  Return
next:
  Pop
  MailboxNext look
wait:
  MailboxWait look
  Const late
  Return
late: constant symbol "late"
word: constant symbol "word"
