; In characters.
; answer: 2
procedure "StringLength" 0 slots 8
  Const "aλ"
  StringLength
  Return
