;; A type error of a string operation.
(display (string-append "a" "b" 3))
