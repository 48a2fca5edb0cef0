; Two strings in one.
; answer: "aλb"
procedure "StringAppend" 0 slots 8
  Const "aλ"
  Const "b"
  StringAppend
  Return
