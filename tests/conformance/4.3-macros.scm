;; Section 4.3: let-syntax, letrec-syntax, define-syntax, syntax-rules, syntax-error.
(section "4.3-macros")

;; 4.3.1 Binding constructs.
(test now (let-syntax ((given-that (syntax-rules () ((_ test stmt1 stmt2 ...) (if test (begin stmt1 stmt2 ...)))))) (let ((if #t)) (given-that if (set! if 'now)) if)))
(test outer (let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m)))))
(test 7 (letrec-syntax ((my-or (syntax-rules () ((my-or) #f) ((my-or e) e) ((my-or e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...))))))) (let ((x #f) (y 7) (temp 8) (let odd?) (if even?)) (my-or x (let temp) (if y) y))))
(test 3 (let-syntax () 3))
(test 3 (letrec-syntax () 3))
(test 3 (let-syntax ((one (syntax-rules () ((_) 1)))) (define two 2) (+ (one) two)))
(test (1 2) (let-syntax ((a (syntax-rules () ((_) 1))) (b (syntax-rules () ((_) 2)))) (list (a) (b))))
(test #t (letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ x . r) (od? . r)))) (od? (syntax-rules () ((_) #f) ((_ x . r) (ev? . r))))) (ev? a b c d)))
(test inner (let ((m (lambda () 'outer))) (let-syntax ((m (syntax-rules () ((_) 'inner)))) (m))))
(test shadowed (let-syntax ((m (syntax-rules () ((_) 'macro)))) (let ((m (lambda () 'shadowed))) (m))))
(test outer-macro (let-syntax ((m (syntax-rules () ((_) 'outer-macro)))) (let-syntax ((m (syntax-rules () ((_) 'inner-macro))) (n (syntax-rules () ((_) (m))))) (n))))
(test inner-macro (let-syntax ((m (syntax-rules () ((_) 'outer-macro)))) (letrec-syntax ((m (syntax-rules () ((_) 'inner-macro))) (n (syntax-rules () ((_) (m))))) (n))))

;; 4.3.2 Pattern language.
(define-syntax be-like-begin
  (syntax-rules ()
    ((be-like-begin name)
     (define-syntax name
       (syntax-rules ()
         ((name expr (... ...))
          (begin expr (... ...))))))))
(be-like-begin sequence)
(test 4 (sequence 1 2 3 4))
(test 4 (let () (be-like-begin seq) (seq 1 2 3 4)))
(test ok (let ((=> #f)) (cond (#t => 'ok))))

(define-syntax my-list
  (syntax-rules () ((_ x ...) (list x ...))))
(test () (my-list))
(test (1) (my-list 1))
(test (1 2 3) (my-list 1 (+ 1 1) 3))

;; Ellipsis in every place.
(define-syntax middle
  (syntax-rules () ((_ a b ... c d) '(a (b ...) c d))))
(test (1 () 2 3) (middle 1 2 3))
(test (1 (2 3 4) 5 6) (middle 1 2 3 4 5 6))
(define-syntax dotted-tail
  (syntax-rules () ((_ (a ... . r)) '((a ...) r))))
(test ((1 2) ()) (dotted-tail (1 2)))
(test ((1 2) 3) (dotted-tail (1 2 . 3)))
(test (() 3) (dotted-tail 3))
(define-syntax middle-dotted
  (syntax-rules () ((_ (a b ... c . d)) '(a (b ...) c d))))
(test (1 () 2 ()) (middle-dotted (1 2)))
(test (1 (2 3) 4 5) (middle-dotted (1 2 3 4 . 5)))
(define-syntax vector-pattern
  (syntax-rules () ((_ #(a b ...)) '(a (b ...)))))
(test (1 (2 3)) (vector-pattern #(1 2 3)))
(test (1 ()) (vector-pattern #(1)))
(define-syntax vector-middle
  (syntax-rules () ((_ #(a ... z)) '(z a ...))))
(test (4 1 2 3) (vector-middle #(1 2 3 4)))
(define-syntax vector-template
  (syntax-rules () ((_ a ...) #(0 a ... 9))))
(test #(0 1 2 9) (vector-template 1 2))
(define-syntax my-let
  (syntax-rules ()
    ((_ ((n v) ...) . body) ((lambda (n ...) . body) v ...))))
(test 3 (my-let ((a 1) (b 2)) (+ a b)))
(test 5 (my-let () 5))
(define-syntax my-let*
  (syntax-rules ()
    ((_ () body ...) (let () body ...))
    ((_ ((x v) rest ...) body ...) (let ((x v)) (my-let* (rest ...) body ...)))))
(test 3 (my-let* ((a 1) (b (+ a 1)) (c (+ a b))) c))

;; Nested ellipses.
(define-syntax my-cond-list
  (syntax-rules () ((_ (k v ...) ...) '((k ...) (v ... ...) ((v ... k) ...)))))
(test ((a b) (1 2 3) ((1 2 a) (3 b))) (my-cond-list (a 1 2) (b 3)))
(test ((a b) () ((a) (b))) (my-cond-list (a) (b)))
(define-syntax nested-lets
  (syntax-rules () ((_ ((n v) ...) ...) (list (let ((n v) ...) (list n ...)) ...))))
(test ((1 2) (3) ()) (nested-lets ((a 1) (b 2)) ((c 3)) ()))
(define-syntax three-deep
  (syntax-rules () ((_ (((x ...) ...) ...)) '(((x ...) ...) ... (x ... ...) ... (x ... ... ...)))))
(test (((1 2) (3)) ((4)) (1 2 3) (4) (1 2 3 4)) (three-deep (((1 2) (3)) ((4)))))
(define-syntax distribute
  (syntax-rules () ((_ a (b ...)) '((a b) ...))))
(test ((x 1) (x 2) (x 3)) (distribute x (1 2 3)))
(define-syntax cross-names
  (syntax-rules () ((_ (a b ...) ...) '((a b ...) ... (b ... ) ...))))
(test ((1 2 3) (4) (2 3) ()) (cross-names (1 2 3) (4)))
(define-syntax repeat-outer
  (syntax-rules () ((_ (a b ...) ...) '(((a b) ...) ...))))
(test (((1 2) (1 3)) ((4 5))) (repeat-outer (1 2 3) (4 5)))
(define-syntax pairs-up
  (syntax-rules () ((_ (a ...) (b ...)) '((a . b) ...))))
(test ((1 . 4) (2 . 5)) (pairs-up (1 2) (4 5)))

;; Another ellipsis, an escaped one, and one that is a literal.
(define-syntax with-dots
  (syntax-rules dots () ((_ a dots) '(a dots))))
(test (1 2 3) (with-dots 1 2 3))
(define-syntax keeps-dots
  (syntax-rules dots () ((_ a dots) '(a dots ...))))
(test (1 2 ...) (keeps-dots 1 2))
(define-syntax literal-dots
  (syntax-rules ::: (...) ((_ a ...) '(dots a)) ((_ a :::) '(all a :::))))
(test (dots 1) (literal-dots 1 ...))
(test (all 1 2) (literal-dots 1 2))
(define-syntax escaped-dots
  (syntax-rules () ((_ a) '(a (... ...)))))
(test (1 ...) (escaped-dots 1))
(define-syntax escaped-template
  (syntax-rules () ((_ a b) '(... (a ... b)))))
(test (1 ... 2) (escaped-template 1 2))
(define-syntax ellipsis-is-literal
  (syntax-rules (...) ((_ ...) 'dots) ((_ x) 'other)))
(test dots (ellipsis-is-literal ...))
(test other (ellipsis-is-literal 1))
(define-syntax make-lister
  (syntax-rules ()
    ((_ name) (define-syntax name (syntax-rules () ((_ (a (... ...)) (... ...)) '(a (... ...) (... ...))))))))
(make-lister flatten)
(test (1 2 3) (flatten (1 2) () (3)))

;; Underscore matches anything, any number of times.
(define-syntax third-of
  (syntax-rules () ((_ _ _ x) 'x)))
(test c (third-of a b c))
(define-syntax count-args
  (syntax-rules () ((_) 0) ((_ _ . r) (+ 1 (count-args . r)))))
(test 4 (count-args a b c d))
(define-syntax ignores-many
  (syntax-rules () ((_ _ ... x) 'x)))
(test z (ignores-many a b c z))

;; Literals.
(define-syntax my-if
  (syntax-rules (then else)
    ((_ c then t else e) (if c t e))
    ((_ c then t) (if c t #f))))
(test 1 (my-if #t then 1 else 2))
(test 2 (my-if #f then 1 else 2))
(test 1 (my-if #t then 1))
(define-syntax has-literal
  (syntax-rules (key) ((_ key) 'literal) ((_ x) 'variable)))
(test literal (has-literal key))
(test variable (has-literal other))
(test variable (let ((key 1)) (has-literal key)))
(define-syntax literal-underscore
  (syntax-rules (_) ((x _) 'underscore) ((x y) 'else)))
(test underscore (literal-underscore _))
(test else (literal-underscore 5))
(define-syntax my-case
  (syntax-rules (else)
    ((_ k (else e)) e)
    ((_ k ((d) e) . rest) (if (eqv? k 'd) e (my-case k . rest)))))
(test two (my-case 2 ((1) 'one) ((2) 'two) (else 'many)))
(test many (my-case 3 ((1) 'one) ((2) 'two) (else 'many)))
(define-syntax datum-patterns
  (syntax-rules () ((_ 1) 'one) ((_ "s") 'string) ((_ #\c) 'char) ((_ #t) 'true) ((_ ()) 'nil) ((_ (a . b)) 'pair) ((_ #(a)) 'vector) ((_ x) 'other)))
(test (one string char true nil pair vector other other) (list (datum-patterns 1) (datum-patterns "s") (datum-patterns #\c) (datum-patterns #t) (datum-patterns ()) (datum-patterns (x y)) (datum-patterns #(x)) (datum-patterns 2) (datum-patterns #(1 2))))

;; Rules are tried in order.
(define-syntax ordered
  (syntax-rules () ((_ (a b)) 'two) ((_ (a b ...)) 'some) ((_ x) 'any)))
(test (two some some any any) (list (ordered (1 2)) (ordered (1)) (ordered (1 2 3)) (ordered ()) (ordered 5)))

;; Hygiene.
(define-syntax swap!
  (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(test (2 1) (let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other)))
(test (2 1) (let ((x 1) (y 2)) (swap! x y) (list x y)))
(test (2 1) (let ((let 1) (set! 2)) (swap! let set!) (list let set!)))
(define-syntax my-or2
  (syntax-rules () ((_ a b) (let ((t a)) (if t t b)))))
(test 5 (let ((t 5)) (my-or2 #f t)))
(test 5 (let ((if list) (t 5)) (my-or2 #f t)))
(test 5 (let ((let list) (t 5)) (my-or2 #f t)))
(test (1 2) (let ((list vector)) (my-list 1 2)))
(define-syntax while
  (syntax-rules () ((_ c body ...) (let lp () (when c body ... (lp))))))
(test 10 (let ((lp 0)) (while (< lp 10) (set! lp (+ lp 1))) lp))
(define-syntax my-unless
  (syntax-rules () ((_ c e) (if (not c) e 'no))))
(test yes (let ((not (lambda (x) x))) (my-unless #f 'yes)))
(define free-in-macro 'global)
(define-syntax get-free
  (syntax-rules () ((_) free-in-macro)))
(test global (let ((free-in-macro 'local)) (get-free)))
(define-syntax set-free!
  (syntax-rules () ((_ v) (set! free-in-macro v))))
(test changed (begin (let ((free-in-macro 'local)) (set-free! 'changed)) (get-free)))
(define-syntax bind-x
  (syntax-rules () ((_ e) (let ((x 1)) e))))
(test 5 (let ((x 5)) (bind-x x)))
(define-syntax bind-given
  (syntax-rules () ((_ n e) (let ((n 1)) e))))
(test 1 (let ((x 5)) (bind-given x x)))
(define-syntax two-temps
  (syntax-rules () ((_ a b) (let ((t a)) (let ((u t) (t b)) (list u t))))))
(test (1 2) (two-temps 1 2))
(define-syntax many-temps
  (syntax-rules ()
    ((_ () (tmp ...) (v ...)) (let ((tmp v) ...) (list tmp ...)))
    ((_ (x . r) (tmp ...) (v ...)) (many-temps r (tmp ... t) (v ... x)))))
(test (1 2 3) (many-temps (1 2 3) () ()))
(define-syntax my-do-times
  (syntax-rules () ((_ (i n) body ...) (do ((i 0 (+ i 1)) (end n)) ((= i end)) body ...))))
(test (2 1 0) (let ((r '()) (end 3)) (my-do-times (i end) (set! r (cons i r))) r))
(define-syntax quote-it
  (syntax-rules () ((_) 'introduced)))
(test introduced (quote-it))
(test-true (eq? 'introduced (quote-it)))
(define-syntax else-clause
  (syntax-rules () ((_ e) (cond (#f 1) (else e)))))
(test 2 (let ((else #f)) (else-clause 2)))
(define-syntax cond-with
  (syntax-rules () ((_ clause ...) (cond clause ...))))
(test 3 (cond-with (#f 1) (else 3)))
(test ok (let ((=> #f)) (cond-with (#t => 'ok))))

;; A definition that a macro introduces: its name is the use's if the use gave it, and the macro's own otherwise.
(define-syntax define-given
  (syntax-rules () ((_ n v) (define n v))))
(define-given given-name 12)
(test 12 given-name)
(test 13 (let () (define-given local-name 13) local-name))
(define-syntax define-hidden
  (syntax-rules () ((_ get v) (begin (define hidden v) (define (get) hidden)))))
(test (1 2 outer) (let ((hidden 'outer)) (define-hidden get-a 1) (define-hidden get-b 2) (list (get-a) (get-b) hidden)))
(define-syntax define-getter
  (syntax-rules () ((_ get v) (define get (let ((kept v)) (lambda () kept))))))
(define-getter top-getter 'top)
(test top (top-getter))
(define-syntax define-two
  (syntax-rules () ((_ (a b) v w) (begin (define a v) (define b w)))))
(define-two (first-made second-made) 1 2)
(test (1 2) (list first-made second-made))
(define-syntax my-define-record
  (syntax-rules () ((_ name make pred (field get) ...) (define-record-type name (make field ...) pred (field get) ...))))
(my-define-record point make-point point? (x point-x) (y point-y))
(test (1 2) (let ((p (make-point 1 2))) (list (point-x p) (point-y p))))

;; Macros that define macros.
(define-syntax define-constant-macro
  (syntax-rules () ((_ name v) (define-syntax name (syntax-rules () ((_) v))))))
(define-constant-macro seven 7)
(test 7 (seven))
(test 8 (let () (define-constant-macro eight 8) (eight)))
(test (1 inner) (let ((x 1)) (define-constant-macro get-x x) (let ((x 'inner)) (list (get-x) x))))
(define-syntax define-aliased
  (syntax-rules () ((_ alias original) (define-syntax alias (syntax-rules () ((_ . args) (original . args)))))))
(define-aliased my-quote quote)
(define-aliased my-lambda lambda)
(test (a b) (my-quote (a b)))
(test 6 ((my-lambda (x) (* x 2)) 3))
(define-syntax jabberwocky
  (syntax-rules ()
    ((_ hatter)
     (begin
       (define march-hare 42)
       (define-syntax hatter
         (syntax-rules ()
           ((_) march-hare)))))))
(jabberwocky mad-hatter)
(test 42 (mad-hatter))

;; Shadowed keywords.
(test 6 (let ((if (lambda (a b c) (+ a b c)))) (if 1 2 3)))
(test (1 2) (let ((quote list)) '2 (quote 1 2)))
(test 3 (let ((define +)) (define 1 2)))
(test 5 ((lambda (begin) (begin 2 3)) +))
(test 7 (let () (define (when x) (+ x 1)) (when 6)))
(test 4 (let ((cond list)) (length (cond 1 2 3 4))))
(test 2 (let loop ((lambda 0)) (if (< lambda 2) (loop (+ lambda 1)) lambda)))
(test 3 (let-syntax ((if (syntax-rules () ((_ a b c) (cond (a c) (else b)))))) (if #t 2 3)))
(test (9 list) (let ((else 9)) (list else 'list)))

;; Recursion and counting by expansion.
(define-syntax my-reverse
  (syntax-rules () ((_ () acc) 'acc) ((_ (x . r) (a ...)) (my-reverse r (x a ...)))))
(test (4 3 2 1) (my-reverse (1 2 3 4) ()))
(define-syntax peano
  (syntax-rules () ((_ ()) 0) ((_ (x . r)) (+ 1 (peano r)))))
(test 20 (peano (a a a a a a a a a a a a a a a a a a a a)))
(define-syntax cps-add
  (syntax-rules () ((_ (k ...) (a ...) (b ...)) (k ... (a ... b ...)))))
(test (1 2 3 4) (cps-add (quote) (1 2) (3 4)))
(define-syntax same-name?
  (syntax-rules ()
    ((_ a b yes no)
     (let-syntax ((check (syntax-rules (a) ((_ a) yes) ((_ x) no)))) (check b)))))
(test yes (same-name? x x 'yes 'no))
(test no (same-name? x y 'yes 'no))

;; Macros in bodies.
(test 3 (let () (define-syntax one (syntax-rules () ((_) 1))) (define two 2) (+ (one) two)))
(test 10 (let ((x 10)) (define-syntax get (syntax-rules () ((_) x))) (let ((x 20)) (get))))
(test (1 2) (let () (define a 1) (define-syntax b (syntax-rules () ((_) (+ a 1)))) (define c (b)) (list a c)))
(test #t (let () (define-syntax my-even? (syntax-rules () ((_ n) (f n)))) (define (f n) (= 0 (modulo n 2))) (my-even? 4)))
(test (2 1) (let ((x 1) (y 2)) (define-syntax swap2! (syntax-rules () ((swap2! a b) (let ((tmp a)) (set! a b) (set! b tmp))))) (swap2! x y) (list x y)))

;; 4.3.3 Signalling errors.
(define-syntax simple-let
  (syntax-rules ()
    ((_ (head ... ((x . y) val) . tail) body1 body2 ...)
     (syntax-error "expected an identifier but got" (x . y)))
    ((_ ((name val) ...) body1 body2 ...)
     ((lambda (name ...) body1 body2 ...) val ...))))
(test 3 (simple-let ((a 1) (b 2)) (+ a b)))
(report)
