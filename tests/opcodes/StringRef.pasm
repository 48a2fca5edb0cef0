; A character beyond ASCII.
; answer: #\λ
procedure "StringRef" 0 slots 8
  Const "aλ"
  Integer 1
  StringRef
  Return
