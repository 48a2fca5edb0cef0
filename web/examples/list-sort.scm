;; Sorting: a merge sort, step by step
;; Break on line 6 and use Step into: the Debugger shows the two halves, the Heap view the pairs that each merge makes.

(define (merge left right before?)
  (cond ((null? left) right)
        ((null? right) left)
        ((before? (car right) (car left))
         (cons (car right) (merge left (cdr right) before?)))
        (else
         (cons (car left) (merge (cdr left) right before?)))))

(define (halves items)
  (let loop ((items items) (a '()) (b '()))
    (if (null? items)
        (cons a b)
        (loop (cdr items) (cons (car items) b) a))))

(define (merge-sort items before?)
  (if (or (null? items) (null? (cdr items)))
      items
      (let ((split (halves items)))
        (merge (merge-sort (car split) before?)
               (merge-sort (cdr split) before?)
               before?))))

(define (random-list n)
  (let loop ((n n) (items '()))
    (if (= n 0) items (loop (- n 1) (cons (random 1000) items)))))

(define (sorted? items)
  (or (null? items)
      (null? (cdr items))
      (and (<= (car items) (cadr items)) (sorted? (cdr items)))))

(define few (random-list 12))
(display few) (newline)
(display (merge-sort few <)) (newline)

(define many (random-list 5000))
(define mine (merge-sort many <))
(display (list 'sorted (sorted? mine)
               'same-as-the-library (equal? mine (list-sort < many))))
(newline)
