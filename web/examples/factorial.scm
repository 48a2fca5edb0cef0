;; Factorial: recursion, large numbers and deep stacks
;; Set a breakpoint on line 6, run, and step out a few times: every waiting multiplication is a frame in the Debugger.

(define (factorial n)
  (if (= n 0)
      1
      (* n (factorial (- n 1)))))

(for-each
 (lambda (n)
   (display n) (display "! = ") (display (factorial n)) (newline))
 '(0 1 5 10 20 50))

;; Numbers grow as far as memory goes.
(display "digits of 500!: ")
(display (string-length (number->string (factorial 500))))
(newline)

;; The stack is in the actor's own memory, so that recursion may be deep.
(define (count-down n)
  (if (= n 0) 0 (+ 1 (count-down (- n 1)))))
(display "a stack of ")
(display (count-down 200000))
(display " frames\n")
