; #f.
; answer: #f
procedure "False" 0 slots 8
  False
  Return
