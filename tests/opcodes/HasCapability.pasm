; Everybody holds the clock; nobody files that were not granted.
; answer: (#t #f #f)
procedure "HasCapability" 0 slots 8
  False
  HasCapability "clock"
  False
  HasCapability "file-read"
  Const "/etc/passwd"
  HasCapability "file-write"
  Primitive "list" 3
  Return
