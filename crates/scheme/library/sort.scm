;;; Sorting: a stable merge sort of lists and vectors that never changes its argument.

(define (sort sequence less?)
  (cond ((procedure? sequence) (sort less? sequence))
        ((vector? sequence) (list->vector (%sort-list (vector->list sequence) less?)))
        (else (%sort-list sequence less?))))

(define (list-sort less? list) (sort list less?))
(define (merge-sort sequence less?) (sort sequence less?))
(define (vector-sort less? vector) (sort vector less?))
(define (stable-sort sequence less?) (sort sequence less?))

(define (sort! sequence less?)
  (if (vector? sequence)
      (let next ((items (%sort-list (vector->list sequence) less?)) (index 0))
        (if (pair? items)
            (begin
              (vector-set! sequence index (car items))
              (next (cdr items) (+ index 1)))
            sequence))
      (sort sequence less?)))

(define (%sort-list list less?)
  (let ((length (length list)))
    (if (= length 0) '() (%sort-front list length less?))))

;; The first COUNT items of LIST in order.
(define (%sort-front list count less?)
  (cond ((= count 1) (cons (car list) '()))
        ((= count 2)
         (let ((a (car list)) (b (car (cdr list))))
           (if (less? b a)
               (cons b (cons a '()))
               (cons a (cons b '())))))
        (else
         (let ((half (quotient count 2)))
           (%merge (%sort-front list half less?)
                   (%sort-front (list-tail list half) (- count half) less?)
                   less?)))))

(define (%merge a b less?)
  (let next ((a a) (b b) (merged '()))
    (cond ((null? a) (append-reverse merged b))
          ((null? b) (append-reverse merged a))
          ((less? (car b) (car a)) (next a (cdr b) (cons (car b) merged)))
          (else (next (cdr a) b (cons (car a) merged))))))

(define (sorted? sequence less?)
  (let ((items (if (vector? sequence) (vector->list sequence) sequence)))
    (or (null? items)
        (let next ((items items))
          (or (null? (cdr items))
              (and (not (less? (car (cdr items)) (car items)))
                   (next (cdr items))))))))
