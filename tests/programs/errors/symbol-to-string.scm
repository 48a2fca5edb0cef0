;; A type error of a conversion.
(display (symbol->string "already"))
