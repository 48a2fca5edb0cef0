; #t.
; answer: #t
procedure "True" 0 slots 8
  True
  Return
