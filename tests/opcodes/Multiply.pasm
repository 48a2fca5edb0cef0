; The product of large integers is exact.
; answer: (1000000000000000000000000 . 0.75)
procedure "Multiply" 0 slots 8
  Const trillion
  Const trillion
  Multiply
  Const half
  Const more
  Multiply
  Cons
  Return

trillion: constant integer 1000000000000
half: constant float 0.5
more: constant float 1.5
