; What is held is given; what is not, and cannot be asked for, is #f.
; answer: (clock . #f)
procedure "RequestCapability" 0 slots 8
  False
  Const "to tell the time"
  RequestCapability "clock"
  Primitive "capability-kind" 1
  Const "/secrets"
  Const "out of curiosity"
  RequestCapability "file-read"
  Cons
  Return
