;;; SRFI 95: sorting and merging, by keys if one likes. A key is computed once for each item.

(define-library (srfi 95)
  (export sorted? merge merge! sort sort!)
  (import (scheme base)
          (only (physics base) append-reverse)
          (prefix (only (physics base) sort sort! sorted?) machine:))
  (begin
    ;; Does A come before B? Both are pairs (key . item).
    (define (by-key less?) (lambda (a b) (less? (car a) (car b))))

    (define (keyed sequence key)
      (map (lambda (item) (cons (key item) item))
           (if (vector? sequence) (vector->list sequence) sequence)))

    (define (sorted? sequence less? . options)
      (if (null? options)
          (machine:sorted? sequence less?)
          (machine:sorted? (keyed sequence (car options)) (by-key less?))))

    (define (sort sequence less? . options)
      (if (null? options)
          (machine:sort sequence less?)
          (let ((sorted (map cdr (machine:sort (keyed sequence (car options)) (by-key less?)))))
            (if (vector? sequence) (list->vector sorted) sorted))))

    ;; A list is left as it is: the sorted one is the value.
    (define (sort! sequence less? . options)
      (cond ((null? options) (machine:sort! sequence less?))
            ((vector? sequence)
             (vector-copy! sequence 0 (apply sort sequence less? options))
             sequence)
            (else (apply sort sequence less? options))))

    ;; Of equal items, those of A come first.
    (define (merge a b less? . options)
      (if (null? options)
          (merge-lists a b less?)
          (map cdr (merge-lists (keyed a (car options)) (keyed b (car options)) (by-key less?)))))

    (define (merge-lists a b less?)
      (let next ((a a) (b b) (merged '()))
        (cond ((null? a) (append-reverse merged b))
              ((null? b) (append-reverse merged a))
              ((less? (car b) (car a)) (next a (cdr b) (cons (car b) merged)))
              (else (next (cdr a) b (cons (car a) merged))))))

    (define (merge! a b less? . options) (apply merge a b less? options))))
