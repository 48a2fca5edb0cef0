; In a sandbox of ten reductions a loop without calls ends at the check.
; answer: sandbox-limit
procedure "CheckSteps" 0 slots 8
  MakeClosure bounded
  MakeClosure spins
  Call 1
  Return

; What THUNK answers, or the kind of what it raises, with ten reductions.
bounded: procedure "bounded" 1 slots 8
  CaptureContinuation
  Integer 10
  False
  EnterSandbox
  MakeClosure handler
  SetErrorHandler
  Local 0
  Call 0
  LeaveSandbox
  Return
handler: procedure "handler" 1 slots 4
  capture "continuation"
  Capture 0
  Local 0
  Primitive "condition-kind" 1
  ResumeContinuation
spins: procedure "spins" 0 slots 2
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  CheckSteps
  Nil
  Return
