;; SRFI 95: sorting and merging lists and vectors, with keys and without, stably.

(import (scheme base) (scheme write) (srfi 95))

(define-syntax show
  (syntax-rules ()
    ((_ expression ...)
     (begin
       (guard (e (#t (display (condition/report-string e)) (newline)))
         (write expression) (newline))
       ...))))

(define pairs '((b . 2) (a . 1) (b . 1) (a . 2)))
(define (before? a b) (string<? (symbol->string a) (symbol->string b)))

(show
  (sort '(3 1 2) <)
  (sort (vector 3 1 2) >)
  (sort '() <)
  (sort pairs before? car)
  (sort (list->vector pairs) < cdr)
  (sort pairs < (lambda (pair) 0))
  (list (sorted? '(1 2 2) <) (sorted? '(2 1) <) (sorted? #(1 2) <) (sorted? '() <))
  (list (sorted? pairs before? car) (sorted? (sort pairs before? car) before? car) (sorted? #((a . 1) (b . 1)) < cdr))
  (merge '(1 3 5) '(2 4) <)
  (merge '() '(1) <)
  (merge '((1 . a) (2 . a)) '((1 . b) (3 . b)) < car)
  (merge! (list 1 4) (list 2 3) <)
  (merge! (list '(1 . x)) (list '(0 . y)) < car)
  (sort! (list 2 1) <)
  (sort! (list '(2) '(1)) < car))

(define v (vector 3 1 2))
(define w (vector '(2 . a) '(1 . b)))
(show (eq? (sort! v <) v) v (eq? (sort! w < car) w) w)

;; A key is computed once for each item.
(define keys 0)
(show (sort '(5 4 3 2 1) < (lambda (x) (set! keys (+ keys 1)) x)) keys)

(show
  (sort 5 <)
  (sort '(1 a) <)
  (sort '(1 2) 5)
  (sort '(1) < car)
  (merge '(1) 5 <)
  (merge '(1) '(a) <)
  (sorted? 5 <))
