;; The smallest program: text on standard output.
(display "Hello, world!")
(newline)
(write "quoted \"text\"")
(newline)
