; The command line is a list; a file that nobody may read is a condition.
; answer: (#t . capability-denied)
procedure "HostCall" 0 slots 8
  HostCall "command-line" 0
  Primitive "list?" 1
  Const caught
  MakeClosure kind
  MakeClosure secret
  Call 2
  Cons
  Return

caught: constant builtin "call-with-error-handler"
kind: procedure "kind" 1 slots 4
  Local 0
  Primitive "condition-kind" 1
  Return
secret: procedure "secret" 0 slots 4
  Const "/secret"
  HostCall "file-read" 1
  Return
