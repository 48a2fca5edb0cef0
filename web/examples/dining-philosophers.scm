;; Philosophers: five eat with five forks
;; A fork is an actor that serves one at a time. Taking the lower fork first prevents the deadlock; swap first and second to get it.

(define meals 12)
(define main (self))

(define (fork)
  (receive
    (('take who)
     (send who 'taken)
     (receive (('drop w) (where (eq? w who)) (fork))))))

(define forks
  (list->vector
   (map (lambda (i) (spawn fork 'name (string-append "fork-" (number->string i))))
        (iota 5))))

(define (take! fork) (send fork (list 'take (self))) (receive ('taken #t)))
(define (drop! fork) (send fork (list 'drop (self))))

(define (philosopher name left right)
  (let ((first (vector-ref forks (min left right)))
        (second (vector-ref forks (max left right))))
    (let loop ((eaten 0))
      (if (= eaten meals)
          (send main (list 'full name))
          (begin
            (sleep (random 40))
            (take! first)
            (take! second)
            (sleep (+ 5 (random 20)))
            (drop! second)
            (drop! first)
            (loop (+ eaten 1)))))))

(define names '("plato" "kant" "hume" "arendt" "locke"))

(for-each
 (lambda (name i)
   (spawn (lambda () (philosopher name i (modulo (+ i 1) 5))) 'name name))
 names
 (iota 5))

(for-each
 (lambda (turn)
   (receive (('full name) (display (string-append name " is full\n")))))
 names)

(for-each (lambda (i) (exit (vector-ref forks i) 'washed)) (iota 5))
