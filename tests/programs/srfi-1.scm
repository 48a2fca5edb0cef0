;; SRFI 1: every name of the library, with several lists, optional arguments, lists without an end and dotted ones.

(import (scheme base) (scheme write) (srfi 1))

(define checks 0)

;; Compares the values of an expression with those expected.
(define-syntax check
  (syntax-rules (=>)
    ((_ expression => expected ...)
     (let ((got (call-with-values (lambda () expression) list)))
       (set! checks (+ checks 1))
       (if (not (equal? got (list expected ...)))
           (begin (write 'expression) (display " => ") (write got) (newline)))))))

;; What an expression that is wrong says.
(define-syntax complain
  (syntax-rules ()
    ((_ expression ...)
     (begin
       (guard (e (#t (write 'expression) (display ": ") (display (condition/report-string e)) (newline)))
         (let ((got expression)) (write 'expression) (display " answers ") (write got) (newline)))
       ...))))

(define ring (circular-list 1 2 3))

;; Constructors.
(check (list (cons 1 2) (list) (xcons 1 2) (cons* 1 2 '(3)) (cons* 1)) => '((1 . 2) () (2 . 1) (1 2 3) 1))
(check (list (make-list 2 'c) (length (make-list 3)) (list-tabulate 4 values)) => '((c c) 3 (0 1 2 3)))
(check (let* ((a (list 1 2 3)) (b (list-copy a))) (set-car! a 9) b) => '(1 2 3))
(check (list (first ring) (third ring) (fourth ring) (take (circular-list 'x) 2)) => '(1 3 1 (x x)))
(check (list (iota 5) (iota 3 7) (iota 5 0 -2) (iota 0 4)) => '((0 1 2 3 4) (7 8 9) (0 -2 -4 -6 -8) ()))
(check (iota 3 1 0.5) => '(1. 1.5 2.))

;; Predicates.
(check (map pair? '((1) () 1)) => '(#t #f #f))
(check (map null? '((1) () 1)) => '(#f #t #f))
(check (map not-pair? '((1) () 1)) => '(#f #t #t))
(check (map proper-list? (list '(1) '() 1 '(1 . 2) ring)) => '(#t #t #f #f #f))
(check (map circular-list? (list '(1) '() 1 '(1 . 2) ring (cons 0 ring))) => '(#f #f #f #f #t #t))
(check (map dotted-list? (list '(1) '() 1 '(1 . 2) '(1 2 . 3) ring)) => '(#f #f #t #t #t #f))
(check (map null-list? (list '(1) '() ring)) => '(#f #t #f))
(check (list (list= eq?) (list= eq? '(a)) (list= eq? '(a b) '(a b) '(a b)) (list= eq? '(a b) '(a)) (list= eq? '(a) '(a b))
             (list= = '(1 2) '(1 2) '(1 3)) (list= < '(1 2) '(2 3) '(3 4)))
       => '(#t #t #t #f #f #f #t))

;; Selectors.
(define tree '((((1 . 2) . (3 . 4)) . ((5 . 6) . (7 . 8))) . (((9 . 10) . (11 . 12)) . ((13 . 14) . (15 . 16)))))
(check (map (lambda (part) (part '((a . b) . (c . d)))) (list caar cdar cadr cddr)) => '(a b c d))
(check (map (lambda (part) (part (car tree))) (list caaar cdaar cadar cddar caadr cdadr caddr cdddr)) => '(1 2 3 4 5 6 7 8))
(check (map (lambda (part) (part tree))
            (list caaaar cdaaar cadaar cddaar caadar cdadar caddar cdddar
                  caaadr cdaadr cadadr cddadr caaddr cdaddr cadddr cddddr))
       => '(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
(check (list (car '(1 . 2)) (cdr '(1 . 2)) (list-ref '(a b c) 2)) => '(1 2 c))
(check (map (lambda (part) (part (iota 10 1)))
            (list first second third fourth fifth sixth seventh eighth ninth tenth))
       => (iota 10 1))
(check (car+cdr '(a . b)) => 'a 'b)
(check (list (take '(a b c d e) 2) (take '(1 2 3 . d) 2) (take '(1 2 3 . d) 3) (take! (list 1 2 3) 1) (take ring 4))
       => '((a b) (1 2) (1 2 3) (1) (1 2 3 1)))
(check (list (drop '(a b c d e) 2) (drop '(1 2 3 . d) 2) (drop '(1 2 3 . d) 3) (car (drop ring 4))) => '((c d e) (3 . d) d 2))
(check (list (take-right '(a b c d e) 2) (take-right '(1 2 3 . d) 2) (take-right '(1 2 3 . d) 0)) => '((d e) (2 3 . d) d))
(check (list (drop-right '(a b c d e) 2) (drop-right '(1 2 3 . d) 2) (drop-right '(1 2 3 . d) 0) (drop-right! (list 1 2) 1))
       => '((a b c) (1) (1 2 3) (1)))
(check (split-at '(a b c d e f g h) 3) => '(a b c) '(d e f g h))
(check (split-at! (list 1 2 3) 2) => '(1 2) '(3))
(check (list (last '(a b c)) (last '(a b . c)) (last-pair '(a b c)) (last-pair '(a b . c))) => '(c b (c) (b . c)))

;; Lengths, appending, transposing.
(check (list (length '(a b)) (length+ '(a b)) (length+ ring) (length+ '())) => '(2 2 #f 0))
(check (list (append '(x) '(y)) (append '(a) '(b) '(c . d)) (append '() 'a) (append '(x y)) (append)) => '((x y) (a b c . d) a (x y) ()))
(check (let ((a (list 1)) (b (list 2))) (append! a '() b (list 3))) => '(1 2 3))
(check (list (concatenate '((1) () (2 3))) (concatenate '()) (concatenate! (list (list 1) (list 2)))) => '((1 2 3) () (1 2)))
(check (list (reverse '(a (b c) d)) (reverse! (list 1 2 3))) => '((d (b c) a) (3 2 1)))
(check (list (append-reverse '(3 2 1) '(4 5)) (append-reverse '() 'x) (append-reverse! (list 2 1) '(3))) => '((1 2 3 4 5) x (1 2 3)))
(check (list (zip '(one two three) '(1 2 3) '(odd even odd even)) (zip '(1 2)) (zip '(a b) ring))
       => '(((one 1 odd) (two 2 even) (three 3 odd)) ((1) (2)) ((a 1) (b 2))))
(check (unzip1 '((1 2) (3))) => '(1 3))
(check (unzip2 '((1 one) (2 two))) => '(1 2) '(one two))
(check (unzip3 '((1 2 3) (4 5 6 7))) => '(1 4) '(2 5) '(3 6))
(check (unzip4 '((1 2 3 4) (5 6 7 8))) => '(1 5) '(2 6) '(3 7) '(4 8))
(check (unzip5 '((1 2 3 4 5))) => '(1) '(2) '(3) '(4) '(5))
(check (list (count even? '(3 1 4 1 5 9 2 5 6)) (count < '(1 2 4 8) '(2 4 6 8 10 12 14 16)) (count < '(3 1) ring)) => '(3 3 1))

;; Folding and mapping.
(check (list (fold + 0 '(1 2 3)) (fold cons '() '(a b c)) (fold cons* '() '(a b c) '(1 2 3 4)) (fold cons* '() '(a b) ring))
       => '(6 (c b a) (c 3 b 2 a 1) (b 2 a 1)))
(check (list (fold-right cons '() '(1 2 3)) (fold-right cons* '() '(a b c) '(1 2 3 4))) => '((1 2 3) (a 1 b 2 c 3)))
(check (list (pair-fold cons '() '(a b c)) (pair-fold (lambda (pair tail) (set-cdr! pair tail) pair) '() (list 1 2 3))
             (pair-fold (lambda (a b result) (cons (append a b) result)) '() '(1 2) '(3 4 5)))
       => '(((c) (b c) (a b c)) (3 2 1) ((2 4 5) (1 2 3 4 5))))
(check (list (pair-fold-right cons '() '(a b c)) (pair-fold-right (lambda (a b result) (cons (append a b) result)) '() '(1 2) '(3 4)))
       => '(((a b c) (b c) (c)) ((1 2 3 4) (2 4))))
(check (list (reduce max 0 '(1 5 2)) (reduce + 0 '()) (reduce - 0 '(1 2 3 4)) (reduce list 0 '(1))) => '(5 0 2 1))
(check (list (reduce-right + 0 '(1 2)) (reduce-right append '() '((1) (2) (3))) (reduce-right - 0 '(1 2 3 4)) (reduce-right + 0 '()))
       => '(3 (1 2 3) -2 0))
(check (unfold (lambda (x) (> x 5)) square (lambda (x) (+ x 1)) 1) => '(1 4 9 16 25))
(check (unfold null? car cdr '(1 2) (lambda (x) '(end))) => '(1 2 end))
(check (unfold not-pair? car cdr '(1 2 . 3) values) => '(1 2 . 3))
(check (unfold-right zero? square (lambda (x) (- x 1)) 5) => '(1 4 9 16 25))
(check (unfold-right null? car cdr '(1 2 3) '(4)) => '(3 2 1 4))
(check (list (map cadr '((a b) (d e))) (map + '(1 2 3) ring '(10 20)) (map! + (list 1 2) (list 3 4 5))) => '((b e) (12 24) (4 6)))
(check (let ((seen '())) (map-in-order (lambda (x) (set! seen (cons x seen))) '(1 2 3)) seen) => '(3 2 1))
(check (let ((seen '())) (for-each (lambda (x y) (set! seen (cons* x y seen))) '(1 2) ring) seen) => '(2 2 1 1))
(check (let ((seen '())) (pair-for-each (lambda (pair) (set! seen (cons pair seen)) (set-cdr! pair '())) (list 1 2 3)) seen)
       => '((3) (2) (1)))
(check (let ((seen '())) (pair-for-each (lambda (a b) (set! seen (cons (append a b) seen))) '(1 2) '(3 4 5)) seen)
       => '((2 4 5) (1 2 3 4 5)))
(check (list (append-map list '(1 2) '(a b c)) (append-map! list (list 1 2)) (append-map (lambda (x) x) '((1) 2))) => '((1 a 2 b) (1 2) (1 . 2)))
(check (list (filter-map (lambda (x) (and (number? x) (square x))) '(a 1 b 3 c 7)) (filter-map (lambda (x y) (and (= x y) x)) '(1 5 3) ring))
       => '((1 9 49) (1 3)))

;; Filtering and searching.
(check (list (filter even? '(0 7 8 8 43 -4)) (remove even? '(0 7 8 8 43 -4)) (filter! even? (list 1 2)) (remove! even? (list 1 2)))
       => '((0 8 8 -4) (7 43) (2) (1)))
(check (partition symbol? '(one 2 3 four five 6)) => '(one four five) '(2 3 6))
(check (partition! symbol? (list 'a 1)) => '(a) '(1))
(check (list (find even? '(3 1 4 1 5 9)) (find even? '(1 3)) (find even? ring) (find-tail even? '(3 1 37 -8 -5 0 0)) (find-tail even? '(1)))
       => '(4 #f 2 (-8 -5 0 0) #f))
(check (list (any integer? '(a 3 b 2.7)) (any integer? '()) (any < '(3 1 4 1 5) '(2 7 1 8 2)) (any (lambda (x y) (and (> x 1) (+ x y))) '(1 2) ring))
       => '(#t #f #t 4))
(check (list (every integer? '(1 2)) (every integer? '()) (every + '(1 2) '(3 4)) (every < '(1 5) '(2 3)) (every + '() ring)) => '(#t #t 6 #f #t))
;; The last call is a tail call: it may answer any number of values.
(check (any (lambda (x) (if (= x 3) (values 'a 'b) #f)) '(1 2 3)) => 'a 'b)
(check (any (lambda (x y) (if (= x 3) (values 'a 'b) #f)) '(1 2 3) ring) => 'a 'b)
(check (every (lambda (x y) (if (= x 3) (values) #t)) '(1 2 3) ring) =>)
(check (list (list-index even? '(3 1 4 1 6 9)) (list-index < '(3 1 4 1 5 9 2 5 6) '(2 7 1 8 2)) (list-index = '(3 1 4) ring) (list-index = '(2 2 3) ring))
       => '(2 1 #f 1))
(check (list (take-while even? '(2 18 3 10 22 9)) (take-while even? ring) (take-while! even? (list 2 3)) (drop-while even? '(2 18 3 10 22 9)) (drop-while even? '(2)))
       => '((2 18) () (2) (3 10 22 9) ()))
(check (span even? '(2 18 3 10 22 9)) => '(2 18) '(3 10 22 9))
(check (span! even? (list 2 3)) => '(2) '(3))
(check (break even? '(3 1 4 1 5 9)) => '(3 1) '(4 1 5 9))
(check (break! even? (list 3)) => '(3) '())
;; Each item is looked at once.
(check (let ((looks 0)) (span (lambda (x) (set! looks (+ looks 1)) (even? x)) '(2 4 5 6)) looks) => 3)
(check (list (member '(a) '(b (a) c)) (member 2.0 '(1 2 3) =) (member 5 '(1 7 9) <) (memq 'c '(a b c d)) (memv 1.5 '(1 1.5)) (memq 'x '()))
       => '(((a) c) (2 3) (7 9) (c d) (1.5) #f))

;; Deleting.
(check (list (delete '(a) '(b (a) c)) (delete 5 '(1 7 5 9) <) (delete! 1 (list 1 2 1)) (delete! 5 (list 4 6) <)) => '((b c) (1 5) (2) (4)))
(check (list (delete-duplicates '(a b a c a b c z)) (delete-duplicates '((a . 3) (b . 7) (c . 1) (a . 9) (b . 11)) (lambda (x y) (eq? (car x) (car y))))
             (delete-duplicates! (list 1 1)) (delete-duplicates '(1 2 3 4 6) (lambda (earlier later) (= later (* 2 earlier)))))
       => '((a b c z) ((a . 3) (b . 7) (c . 1)) (1) (1 3 4)))

;; Association lists.
(check (list (assoc '(a) '(((a)) ((b)))) (assoc 2.0 '((1 one) (2 two)) =) (assoc 5 '((1 . a) (7 . b)) <) (assq 'b '((a 1) (b 2))) (assv 5 '((2 3) (5 7))))
       => '(((a)) (2 two) (7 . b) (b 2) (5 7)))
(check (let* ((a (list (cons 1 2) 3)) (b (alist-copy a))) (set-cdr! (car a) 9) b) => '((1 . 2) 3))
(check (list (alist-cons 'a 1 '((b . 2))) (alist-delete 'a '((a . 1) (b . 2) (a . 3))) (alist-delete 5 '((4 . x) (6 . y)) <) (alist-delete! "a" (list (list "a"))))
       => '(((a . 1) (b . 2)) ((b . 2)) ((4 . x)) ()))

;; Lists as sets.
(check (list (lset<= eq? '(a) '(a b a) '(a b c c)) (lset<= eq?) (lset<= eq? '(a)) (lset<= eq? '(a b) '(a)) (lset<= < '(1 2) '(3))) => '(#t #t #t #f #t))
(check (list (lset= eq? '(b e a) '(a e b) '(e e b a)) (lset= eq?) (lset= eq? '(a)) (lset= eq? '(a) '(a b)) (lset= < '(1) '(2))) => '(#t #t #t #f #t))
(check (list (lset-adjoin eq? '(a b c d c e) 'd 'a 'i 'o 'u) (lset-adjoin eq? '() 'a 'a) (lset-adjoin < '(1) 0 2)) => '((u o i a b c d c e) (a) (0 1)))
(check (list (lset-union eq? '(a b c d e) '(a e i o u)) (lset-union eq? '(a a c) '(x a x)) (lset-union eq?) (lset-union eq? '(a b c))
             (lset-union eq? '() '(a a)) (lset-union! eq? (list 'a) (list 'b) (list 'c 'b)))
       => '((u o i a b c d e) (x a a c) () (a b c) (a a) (c b a)))
(check (list (lset-intersection eq? '(a b c d e) '(a e i o u)) (lset-intersection eq? '(a x y a) '(x a x z)) (lset-intersection eq? '(a b c))
             (lset-intersection! eq? (list 'a 'b 'c) (list 'b 'c) (list 'c)))
       => '((a e) (a x a) (a b c) (c)))
(check (list (lset-difference eq? '(a b c d e) '(a e i o u)) (lset-difference eq? '(a b c)) (lset-difference! eq? (list 1 2 3) (list 1) (list 3)))
       => '((b c d) (a b c) (2)))
(check (list (lset-xor eq? '(a b c d e) '(a e i o u)) (lset-xor eq?) (lset-xor eq? '(a b c)) (lset-xor eq? '(a b) '(b c) '(c d)) (lset-xor! eq? (list 1) (list 1)))
       => '((d c b i o u) () (a b c) (a d) ()))
(check (lset-diff+intersection eq? '(a b c d) '(b) '(d e)) => '(a c) '(b d))
(check (lset-diff+intersection! eq? (list 1 2) (list 2)) => '(1) '(2))

(check (let ((pair (list 1))) (set-car! pair 2) (set-cdr! pair 3) pair) => '(2 . 3))
(display checks) (display " checks") (newline)

;; The same library under its other name, and nothing else in it.
(define-library (uses list)
  (export kept)
  (import (scheme base) (only (scheme list) filter iota))
  (begin (define (kept keep?) (filter keep? (iota 10)))))
(import (uses list))
(write (kept odd?)) (newline)

;; What is wrong is said.
(complain
  (take '(1 2) 3) (drop '(1 2) 3) (take-right '(1 2) 3) (drop-right '(1 2) -1) (split-at '(1) 2) (iota -1) (iota 'a) (list-tabulate -1 values)
  (null-list? 5) (length+ '(1 . 2)) (length ring) (first '()) (tenth '(1)) (last '()) (car+cdr 5) (circular-list)
  (concatenate '((1) 2 (3))) (unzip2 '((1))) (zip) (reverse '(1 . 2)) (append-reverse 5 '())
  (fold 5 0 '(1)) (fold cons 0 5) (fold-right cons 0 5) (reduce + 0 5) (map car 5) (map (lambda (x) x) '(1) '(2))
  (pair-fold cons 0 5) (pair-fold-right cons 0 '(1 . 2)) (pair-for-each car 5) (append-map car '(1)) (unfold-right 1 2 3 4)
  (filter odd? 5) (find odd? 5) (any odd? 5) (every odd? '(1 . 2)) (list-index odd? 5) (partition odd? 5)
  (delete 1 5) (assoc 1 '(5) =) (alist-delete 1 '(5)) (alist-copy 5)
  (lset<= eq? 5 '(1)) (lset-union eq? '(1) 5) (lset-intersection 5 '(1) '(1)) (list= eq? '(1) 5) (lset-adjoin eq?)
  (environment '(only (srfi 1) list-head)) (environment '(only (scheme list) sort)))
