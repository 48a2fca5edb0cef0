;;; SRFI 26: cut and cute, procedures made of a call with holes.

(define-library (srfi 26)
  (export cut cute <> <...>)
  (import (scheme base))
  (begin
    ;; The holes mean something inside of `cut` and `cute` only.
    (define-syntax <> (syntax-rules ()))
    (define-syntax <...> (syntax-rules ()))

    (define-syntax cut
      (syntax-rules () ((_ . parts) (%cut () () . parts))))

    ;; (%cut (parameter ...) (part of the call ...) part ...)
    (define-syntax %cut
      (syntax-rules (<> <...>)
        ((_ (parameter ...) (operator operand ...))
         (lambda (parameter ...) ((begin operator) operand ...)))
        ((_ (parameter ...) (operator operand ...) <...>)
         (lambda (parameter ... . rest) (apply operator operand ... rest)))
        ((_ (parameter ...) (done ...) <> . parts)
         (%cut (parameter ... x) (done ... x) . parts))
        ((_ parameters (done ...) part . parts)
         (%cut parameters (done ... part) . parts))))

    (define-syntax cute
      (syntax-rules () ((_ . parts) (%cute () () () . parts))))

    ;; The same, with the values that are computed once in front.
    (define-syntax %cute
      (syntax-rules (<> <...>)
        ((_ (parameter ...) bindings (operator operand ...))
         (let bindings (lambda (parameter ...) (operator operand ...))))
        ((_ (parameter ...) bindings (operator operand ...) <...>)
         (let bindings (lambda (parameter ... . rest) (apply operator operand ... rest))))
        ((_ (parameter ...) bindings (done ...) <> . parts)
         (%cute (parameter ... x) bindings (done ... x) . parts))
        ((_ parameters (binding ...) (done ...) part . parts)
         (%cute parameters (binding ... (value part)) (done ... value) . parts))))))
