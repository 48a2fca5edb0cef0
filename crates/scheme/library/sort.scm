;;; Sorting: a stable merge sort of lists and vectors that never changes its argument. It links the pairs of a copy anew, so
;;; that nothing is allocated while it sorts; whoever leaves `less?` and comes back with a continuation finds them changed.

(define (sort sequence less?)
  (cond ((procedure? sequence) (sort less? sequence))
        ((vector? sequence) (list->vector (%sort-pairs! (vector->list sequence) less?)))
        (else (%sort-pairs! (list-copy sequence) less?))))

(define (list-sort less? list) (sort list less?))
(define (merge-sort sequence less?) (sort sequence less?))
(define (vector-sort less? vector) (sort vector less?))
(define (stable-sort sequence less?) (sort sequence less?))

(define (sort! sequence less?)
  (if (vector? sequence)
      (let next ((items (%sort-pairs! (vector->list sequence) less?)) (index 0))
        (if (pair? items)
            (begin
              (vector-set! sequence index (car items))
              (next (cdr items) (+ index 1)))
            sequence))
      (sort sequence less?)))

(define (%sort-pairs! list less?)
  (let ((length (length list)))
    (if (= length 0) '() (%sort-front! list length less?))))

;; The first COUNT pairs of LIST in order, and no more.
(define (%sort-front! list count less?)
  (cond ((= count 1) (set-cdr! list '()) list)
        ((= count 2)
         (let ((second (cdr list)))
           (cond ((less? (car second) (car list))
                  (set-cdr! second list)
                  (set-cdr! list '())
                  second)
                 (else (set-cdr! second '()) list))))
        (else
         (let* ((half (quotient count 2))
                (back (list-tail list half))
                (a (%sort-front! list half less?))
                (b (%sort-front! back (- count half) less?)))
           (cond ((less? (car b) (car a)) (%merge! b a (cdr b) less?) b)
                 (else (%merge! a (cdr a) b less?) a))))))

;; Puts the pairs of A and B behind LAST.
(define (%merge! last a b less?)
  (cond ((null? a) (set-cdr! last b))
        ((null? b) (set-cdr! last a))
        ((less? (car b) (car a)) (set-cdr! last b) (%merge! b a (cdr b) less?))
        (else (set-cdr! last a) (%merge! a (cdr a) b less?))))

(define (sorted? sequence less?)
  (let ((items (if (vector? sequence) (vector->list sequence) sequence)))
    (or (null? items)
        (let next ((items items))
          (or (null? (cdr items))
              (and (not (less? (car (cdr items)) (car items)))
                   (next (cdr items))))))))
