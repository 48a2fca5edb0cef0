;; Mandelbrot: a picture of text, one actor a row
;; Rows are computed in any order on all cores and printed in order. Boxed numbers fill the heaps: see the Heap view.

(define width 72)
(define height 28)
(define depth 60)
(define shades " .:-=+*#%@")

(define (shade x y)
  (let loop ((a 0.0) (b 0.0) (n 0))
    (let ((aa (* a a)) (bb (* b b)))
      (cond ((= n depth) #\space)
            ((> (+ aa bb) 4.0)
             (string-ref shades (+ 1 (quotient (* n 8) depth))))
            (else (loop (+ (- aa bb) x) (+ (* 2.0 a b) y) (+ n 1)))))))

(define (row j)
  (let ((y (- (* 2.4 (/ (+ j 0.5) height)) 1.2)))
    (let loop ((i (- width 1)) (line '()))
      (if (< i 0)
          (list->string line)
          (loop (- i 1)
                (cons (shade (- (* 3.2 (/ (+ i 0.5) width)) 2.3) y) line))))))

(define main (self))

(for-each
 (lambda (j)
   (spawn (lambda () (send main (list 'row j (row j))))
          'name (string-append "row-" (number->string j))))
 (iota height))

;; Selective receive puts the rows in order; those that come early wait in the mailbox.
(for-each
 (lambda (j)
   (receive
     (('row k line) (where (= k j)) (display (string-append line "\n")))))
 (iota height))
