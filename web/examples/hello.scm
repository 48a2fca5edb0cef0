;; Hello: the shortest program
;; Run it, then click line 4's number and run again: it stops there, and the Debugger shows where it stands.

(display "Hello, world")
(newline)

;; An actor says hello too. The mark before a line of output tells who wrote it.
(spawn (lambda () (display "Hello from another actor\n")) 'name "greeter")
