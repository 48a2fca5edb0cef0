;; A pipeline of stages, each an actor: numbers, squares, odd ones, running sums.
(define (stage f next)
  (spawn
   (lambda ()
     (let loop ()
       (receive
         ('end (send next 'end))
         (('item x) (f x (lambda (y) (send next (list 'item y)))) (loop)))))))
(define me (self))
(define (summing next)
  (spawn
   (lambda ()
     (let loop ((sum 0))
       (receive
         ('end (send next (list 'total sum)))
         (('item x) (let ((sum (+ sum x))) (if (< sum 200) (send next (list 'so-far sum))) (loop sum))))))))
(define pipeline
  (stage (lambda (x emit) (emit (* x x)))
         (stage (lambda (x emit) (if (odd? x) (emit x)))
                (stage (lambda (x emit) (emit x) (emit (- x)) (emit x))
                       (summing me)))))
(for-each (lambda (i) (send pipeline (list 'item i))) (iota 100))
(send pipeline 'end)
(let loop ()
  (receive
    (('so-far n) (display n) (display " ") (loop))
    (('total n) (newline) (display "total ") (display n) (newline))))
