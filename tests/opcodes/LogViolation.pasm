; It goes to the log of decisions; the program goes on.
; answer: noted
procedure "LogViolation" 0 slots 8
  Const "it has tried to look"
  LogViolation
  Const noted
  Return

noted: constant symbol "noted"
