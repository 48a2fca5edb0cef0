;;; Checks of declared types. They look at no more than 8 items of a list or a vector.

(define (%list-like? object)
  (let next ((object object) (left 8))
    (cond ((null? object) #t)
          ((not (pair? object)) #f)
          ((= left 0) #t)
          (else (next (cdr object) (- left 1))))))

(define (%list-of? object is?)
  (let next ((object object) (left 8))
    (cond ((null? object) #t)
          ((not (pair? object)) #f)
          ((= left 0) #t)
          ((is? (car object)) (next (cdr object) (- left 1)))
          (else #f))))

(define (%vector-of? object is?)
  (and (vector? object)
       (let next ((index (- (min 8 (vector-length object)) 1)))
         (or (< index 0) (and (is? (vector-ref object index)) (next (- index 1)))))))

(define (%pair-of? object car? cdr?)
  (and (pair? object) (car? (car object)) (cdr? (cdr object))))
