;; Closures: procedures that remember
;; Break on line 8 and look at the Variables: count belongs to the closure, not to the frame.

(define (make-counter)
  (let ((count 0))
    (lambda (step)
      (let ((next (+ count step)))
        (set! count next)
        count))))

(define a (make-counter))
(define b (make-counter))
(a 1) (a 1) (b 10)
(display (list 'a (a 1) 'b (b 10)))
(newline)

;; Procedures that make procedures.
(define (compose . procedures)
  (if (null? procedures)
      (lambda (x) x)
      (lambda (x) ((car procedures) ((apply compose (cdr procedures)) x)))))

(define (add n) (lambda (x) (+ x n)))
(define (times n) (lambda (x) (* x n)))

(display ((compose (add 1) (times 10) (add 2)) 3))
(newline)

;; A stream of numbers that is made as it is asked for.
(define (numbers-from n)
  (cons n (lambda () (numbers-from (+ n 1)))))

(define (take stream n)
  (if (= n 0)
      '()
      (cons (car stream) (take ((cdr stream)) (- n 1)))))

(define (sift stream)
  (let ((prime (car stream)))
    (cons prime
          (lambda ()
            (let next ((rest ((cdr stream))))
              (if (= 0 (remainder (car rest) prime))
                  (next ((cdr rest)))
                  (sift (drop-multiples rest prime))))))))

(define (drop-multiples stream prime)
  (cons (car stream)
        (lambda ()
          (let next ((rest ((cdr stream))))
            (if (= 0 (remainder (car rest) prime))
                (next ((cdr rest)))
                (drop-multiples rest prime))))))

(display (take (sift (numbers-from 2)) 20))
(newline)
