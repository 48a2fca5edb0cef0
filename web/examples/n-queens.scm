;; Queens: all ways to place n queens on a board
;; Each first column is an actor's work. Watch the lanes of the cores, and Reductions in the Actors view.

(define (safe? column distance placed)
  (or (null? placed)
      (let ((other (car placed)))
        (and (not (= other column))
             (not (= other (+ column distance)))
             (not (= other (- column distance)))
             (safe? column (+ distance 1) (cdr placed))))))

(define (solutions n placed row)
  (if (= row n)
      1
      (let loop ((column 0) (found 0))
        (if (= column n)
            found
            (loop (+ column 1)
                  (if (safe? column 1 placed)
                      (+ found (solutions n (cons column placed) (+ row 1)))
                      found))))))

(define main (self))

(define (queens n)
  (for-each
   (lambda (column)
     (spawn (lambda () (send main (list 'found (solutions n (list column) 1))))
            'name (string-append (number->string n) "-queens-" (number->string column))))
   (iota n))
  (let loop ((left n) (sum 0))
    (if (= left 0)
        sum
        (receive (('found count) (loop (- left 1) (+ sum count)))))))

(for-each
 (lambda (n)
   (display n) (display " queens: ") (display (queens n)) (display " solutions\n"))
 '(4 5 6 7 8))
