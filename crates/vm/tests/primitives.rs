//! Primitives as programs see them.

mod common;

use common::{check, run, value_of};

#[test]
fn numbers() {
    check(&[
        ("(+ 1 2 3)", "6"),
        ("(+)", "0"),
        ("(*)", "1"),
        ("(- 5)", "-5"),
        ("(- 0.0)", "-0.0"),
        ("(/ 12 3 2)", "2"),
        ("(/ 1.0 4)", "0.25"),
        ("(apply + '(1 2.5))", "3.5"),
        ("(/ 7 2)", "7/2"),
        ("(/ 7 0)", "/: division by zero"),
        ("(modulo 7 0)", "modulo: division by zero"),
        ("(apply + '(1 a))", "+: expected a number as argument 2, got a"),
        ("(apply + '(1 2 \"x\"))", "+: expected a number as argument 3, got \"x\""),
        ("(* 1152921504606846975 2)", "2305843009213693950"),
        ("(* 99999999999 99999999999 99999999999)", "999999999970000000000299999999999"),
        ("(- (expt 2 62) (expt 2 62))", "0"),
        ("(quotient (expt 10 30) (expt 10 28))", "100"),
        ("(list (quotient -7 2) (remainder -7 2) (modulo -7 2) (floor-quotient -7 2))", "(-3 -1 1 -4)"),
        (
            "(list (modulo 7 -2) (modulo -7.5 2) (floor-remainder -7 -2))",
            "modulo: expected an integer as argument 1, got -7.5",
        ),
        ("(call-with-values (lambda () (floor/ -7 2)) list)", "(-4 1)"),
        ("(call-with-values (lambda () (exact-integer-sqrt 17)) list)", "(4 1)"),
        ("(list (= 1 1.0 1) (< 1 2 3) (< 1 3 2) (>= 3 3 2))", "(#t #t #f #t)"),
        ("(list (= 9007199254740993 9007199254740992.0) (< 1 +inf.0) (= +nan.0 +nan.0))", "(#f #t #f)"),
        ("(list (max 1 2.0) (max 1 2) (min 3 1 2))", "(2.0 2 1)"),
        ("(list (abs -5) (abs -5.5) (abs (- (expt 2 70))))", "(5 5.5 1180591620717411303424)"),
        (
            "(list (gcd) (gcd 12 18) (gcd (expt 2 100) (expt 6 50)) (lcm 4 6) (gcd 12.0 18))",
            "(0 6 1125899906842624 12 6.0)",
        ),
        (
            "(list (floor 2.5) (round 2.5) (round 3.5) (round -2.5) (truncate -2.5) (ceiling 2.1) (round 7))",
            "(2.0 2.0 4.0 -2.0 -2.0 3.0 7)",
        ),
        ("(list (exact 2.0) (exact 1e18) (inexact 3) (exact->inexact 1))", "(2 1000000000000000000 3.0 1.0)"),
        (
            "(list (sqrt 16) (sqrt 2) (sqrt 16.0) (sqrt (expt 10 40)))",
            "(4 1.4142135623730951 4.0 100000000000000000000)",
        ),
        (
            "(list (expt 2 100) (expt 2.0 3) (expt 2 -1.0) (expt 0 0) (expt -1 1000001))",
            "(1267650600228229401496703205376 8.0 0.5 1 -1)",
        ),
        ("(list (exp 0) (sin 0) (log 1) (atan 1 1) (exp 1))", "(1 0 0 0.7853981633974483 2.718281828459045)"),
        (
            "(list (number->string 255 16) (string->number \"ff\" 16) (string->number \"1e3\") (string->number \"abc\"))",
            "(\"ff\" 255 1000.0 #f)",
        ),
        (
            "(list (exact? 1) (exact? 1.0) (integer? 2.0) (integer? 2.5) (rational? +inf.0) (nan? +nan.0))",
            "(#t #f #t #f #f #t)",
        ),
        ("(list (even? 0) (odd? 7) (even? (expt 2 80)) (odd? 3.0))", "(#t #t #t #t)"),
        (
            "(list (bitwise-and 12 10) (bitwise-or 12 10) (bitwise-xor 12 10) (bitwise-not 5) (arithmetic-shift 1 70) (arithmetic-shift -5 -1))",
            "(8 14 6 -6 1180591620717411303424 -3)",
        ),
        (
            "(arithmetic-shift 1 1000000)",
            "arithmetic-shift: the result has about 1000001 bits; integers have at most 131072",
        ),
        ("(let ((n (random 10))) (and (exact? n) (<= 0 n 9)))", "#t"),
        ("(let ((n (random (expt 10 30)))) (and (exact? n) (< -1 n (expt 10 30))))", "#t"),
        ("(let ((x (random 1.0))) (and (<= 0 x) (< x 1)))", "#t"),
        (
            "(list 1e21 1e20 123.456 .000001 -1e-10 (/ 0. 0.))",
            "(1e21 100000000000000000000.0 123.456 0.000001 -1e-10 +nan.0)",
        ),
        ("(list (numerator 0.75) (denominator 0.75) (numerator 6) (denominator 6))", "(3.0 4.0 6 1)"),
        ("(list (square 5) (cube 3) (1+ 5) (-1+ 5))", "(25 27 6 4)"),
        ("(exact +inf.0)", "exact: there is no exact number of this value: +inf.0"),
        ("(sqrt -4)", "sqrt: the result is complex, and complex numbers are not supported: -4"),
    ]);
}

#[test]
fn ratios() {
    check(&[
        (
            "(list (/ 1 2) (/ -6 4) (/ 6 -4) (/ 4 2) (/ 3) (/ 1/3) (/ 0 5) (/ 12 5 3))",
            "(1/2 -3/2 -3/2 2 1/3 3 0 4/5)",
        ),
        (
            "(list (+ 1/2 1/3) (- 1/2 1/3) (* 2/3 3/4) (/ 2/3 4/3) (+ 1/2 1/2) (- 1/2) (- 1/2 1/2))",
            "(5/6 1/6 1/2 1/2 1 -1/2 0)",
        ),
        ("(list (+ 1/2 0.5) (* 1/2 4) (* 0 1/2) (/ 1/2 0.25) (- 1 1/3) (+ 1/2 1))", "(1.0 2 0 2.0 2/3 3/2)"),
        ("(/ 1/2 0)", "/: division by zero"),
        ("(list (/ 0.0 1/2) (/ 1/2 0.0))", "(0.0 +inf.0)"),
        ("(quotient 1/2 1)", "quotient: expected an integer as argument 1, got 1/2"),
        ("(modulo 5 1/2)", "modulo: expected an integer as argument 2, got 1/2"),
        ("(+ 1/2 'a)", "+: expected a number as argument 2, got a"),
        ("(even? 1/2)", "even?: expected an integer, got 1/2"),
        ("(gcd 4 1/2)", "gcd: expected an integer as argument 2, got 1/2"),
        ("(bitwise-and 1/2 1)", "bitwise-and: expected an exact integer as argument 1, got 1/2"),
        ("(exact-integer-sqrt 1/4)", "exact-integer-sqrt: expected an exact nonnegative integer, got 1/4"),
        ("(vector-ref (vector 1 2) 1/2)", "vector-ref: expected an index as argument 2, got 1/2"),
        ("(random 1/2)", "random: expected a positive integer or a positive float, got 1/2"),
        (
            "(list (< 1/3 1/2) (< 1/2 1/3) (= 1/2 0.5) (= 1/3 .3333333333333333) (> 1/3 .3333333333333333))",
            "(#t #f #t #f #t)",
        ),
        (
            "(list (< 1/2 1) (< -1/2 0) (< 0 1/2 1 3/2) (<= 1/2 1/2) (>= -1/2 1/2) (< 1/3 +inf.0) (= 1/3 +nan.0))",
            "(#t #t #t #t #f #t #f)",
        ),
        (
            "(list (max 1/2 1/3) (min 1/2 1/3) (max 1/2 0.3) (min 1/2 0.3) (max 1 2.0) (max 1/3 +nan.0))",
            "(1/2 1/3 0.5 0.3 2.0 +nan.0)",
        ),
        (
            "(list (floor 7/2) (ceiling 7/2) (round 7/2) (truncate 7/2) (round 5/2) (round 10/3) (round 11/3))",
            "(3 4 4 3 2 3 4)",
        ),
        (
            "(list (floor -7/2) (ceiling -7/2) (round -7/2) (truncate -7/2) (round -5/2) (floor -1/2) (ceiling -1/2))",
            "(-4 -3 -4 -3 -2 -1 0)",
        ),
        (
            "(list (numerator 6/4) (denominator 6/4) (numerator -1/2) (denominator 0) (denominator 5))",
            "(3 2 -1 1 1)",
        ),
        (
            "(list (exact 2.5) (exact .1) (exact -0.75) (exact -0.0) (denominator (exact 5e-324)))",
            "(5/2 3602879701896397/36028797018963968 -3/4 0 202402253307310618352495346718917307049556649764142118356901358027430339567995346891960383701437124495187077864316811911389808737385793476867013399940738509921517424276566361364466907742093216341239767678472745068562007483424692698618103355649159556340810056512358769552333414615230502532186327508646006263307707741093494784)",
        ),
        (
            "(list (inexact 1/3) (exact->inexact -2/3) (inexact 1/1000000000000000000000))",
            "(0.3333333333333333 -0.6666666666666666 1e-21)",
        ),
        (
            "(list (inexact (/ (expt 10 400) (* 3 (expt 10 399)))) (inexact (/ 1 (expt 10 400))) (inexact (/ (expt 10 400) 3)))",
            "(3.3333333333333335 0.0 +inf.0)",
        ),
        (
            "(list (abs -1/2) (magnitude 1/2) (square 2/3) (cube -1/2) (1+ 1/2) (-1+ 1/2))",
            "(1/2 1/2 4/9 -1/8 3/2 -1/2)",
        ),
        (
            "(list (expt 2 -2) (expt 2/3 3) (expt 2/3 -3) (expt -2 -3) (expt 1/2 0) (expt -1 -5) (expt 0 5))",
            "(1/4 8/27 27/8 -1/8 1 -1 0)",
        ),
        ("(expt 0 -1)", "expt: division by zero"),
        ("(list (expt 4 1/2) (expt 1/4 0.5) (expt 2.0 -2) (expt 0 1/2))", "(2 0.5 0.25 0)"),
        ("(expt 1/2 200000)", "expt: the result has about 200001 bits; integers have at most 131072"),
        (
            "(list (sqrt 1/4) (sqrt 4/9) (sqrt 1/2) (sqrt (/ 1 (expt 10 800))) (sqrt 2))",
            "(1/2 2/3 0.7071067811865476 1/10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 1.4142135623730951)",
        ),
        ("(sqrt -1/4)", "sqrt: the result is complex, and complex numbers are not supported: -1/4"),
        ("(list (sqrt (/ 2 (expt 10 800))) (sqrt (* 2 (expt 10 400))))", "(0.0 1.414213562373095e200)"),
        (
            "(list (exp 0) (log 1/2) (log 8 2) (log 1/8 2) (atan 1/2 0) (atan 0 1/2) (atan 1 1))",
            "(1 -0.6931471805599453 3.0 -3.0 1.5707963267948966 0 0.7853981633974483)",
        ),
        ("(list (round (log (expt 10 400) 10)) (round (log (/ 1 (expt 10 400)) 10)))", "(400.0 -400.0)"),
        (
            "(list (rational? 1/2) (integer? 1/2) (exact? 1/2) (inexact? 1/2) (real? 1/2) (number? 1/2) (exact-rational? 1/2) (exact-rational? 0.5))",
            "(#t #f #t #f #t #t #t #f)",
        ),
        (
            "(list (exact-integer? 1/2) (exact-integer? 4/2) (exact-nonnegative-integer? 1/2) (zero? 1/2) (positive? 1/2) (negative? -1/2) (nan? 1/2) (finite? 1/2) (infinite? 1/2))",
            "(#f #t #f #f #t #t #f #t #f)",
        ),
        (
            "(list (number->string 1/3) (number->string -10/255 16) (number->string 1/3 2) (number->string 35/36 36))",
            "(\"1/3\" \"-2/33\" \"1/11\" \"z/10\")",
        ),
        (
            "(map string->number '(\"1/2\" \"-6/4\" \"1/0\" \"0/5\" \"#e1.5\" \"#i1/2\" \"#x1/f\" \"#e1e-3\" \"1/-2\" \"1/2.0\" \"+1/3\"))",
            "(1/2 -3/2 #f 0 3/2 0.5 1/15 1/1000 #f #f 1/3)",
        ),
        (
            "(map (lambda (text) (string->number text 16)) '(\"a/b\" \"#d1/10\" \"+inf.0\" \"1/g\" \"#i8/10\"))",
            "(10/11 1/10 +inf.0 #f 0.5)",
        ),
        (
            "(list 1/2 -3/4 '#e1.5 #i1/2 #x1/f #e1e-3 '(1/2 . 2/4) #(6/4) +5/3)",
            "(1/2 -3/4 3/2 0.5 1/15 1/1000 (1/2 . 1/2) #(3/2) 5/3)",
        ),
        (
            "(list (eq? 1/2 (/ 2 4)) (eqv? 1/2 0.5) (equal? '(1/2) (list (/ 1 2))) (memv 1/2 '(1 1/2 2)) (eq? 1/2 1/3))",
            "(#t #f #t (1/2 2) #f)",
        ),
        (
            "(list (eq? (/ 1 (expt 10 30)) (/ 1 (expt 10 30))) (eqv? (/ (expt 10 30) 3) (/ (expt 10 31) 30)) (case 1/2 ((1/2) 'half) (else 'other)))",
            "(#t #t half)",
        ),
        (
            "(let ((t (make-equal-hash-table)) (u (make-strong-eqv-hash-table))) (hash-table-set! t 1/2 'a) (hash-table-set! t '(1/3) 'b) (hash-table-set! u (/ 1 (expt 10 30)) 'c) (list (hash-table-ref/default t (/ 3 6) #f) (hash-table-ref/default t (list (/ 1 3)) #f) (hash-table-ref/default u (/ 10 (expt 10 31)) #f) (hash-table-ref/default t 1/4 #f)))",
            "(a b c #f)",
        ),
        (
            "(list (symbol? '|1/2|) '|1/2| '|1/0| (string->symbol \"-1/2\") 'a/b)",
            "(#t |1/2| |1/0| |-1/2| a/b)",
        ),
        ("(iota 4 0 1/2)", "(0 1/2 1 3/2)"),
        ("(apply + (map / (iota 10 1)))", "7381/2520"),
        ("(apply max (map / (iota 10 1)))", "1"),
        (
            "(begin (send (self) (list 1/2 (/ (expt 10 30) 7))) (receive))",
            "(1/2 1000000000000000000000000000000/7)",
        ),
        ("(sort (list 1/2 0.3 1/3 -1/2 0 2) <)", "(-1/2 0 0.3 1/3 1/2 2)"),
        (
            "(list (boolean=? #t #t) (exact (floor 2.5)) (exact 1e18) (inexact 1/7))",
            "(#t 2 1000000000000000000 0.14285714285714285)",
        ),
        (
            "(list (rationalize 3/10 1/10) (rationalize .3 1/10) (rationalize 1/2 1) (rationalize -3/10 1/10) (rationalize 5 0))",
            "(1/3 0.3333333333333333 0 -1/3 5)",
        ),
        (
            "(list (rationalize 22/7 1/100) (rationalize 157/50 -1/100) (rationalize +inf.0 1) (rationalize 1 +inf.0) (rationalize +nan.0 1) (rationalize +inf.0 +inf.0))",
            "(22/7 22/7 +inf.0 0.0 +nan.0 +nan.0)",
        ),
        ("(rationalize 'a 1)", "rationalize expects a number, but got a"),
    ]);
}

#[test]
fn bignums_are_exact_over_long_products() {
    let source = "(define (f n) (if (= n 0) 1 (* n (f (- n 1))))) \
                  (define (undo n x) (if (= n 0) x (undo (- n 1) (quotient x n)))) \
                  (list (string-length (number->string (f 1000))) (undo 1000 (f 1000)) \
                        (modulo (f 200) 211) (gcd (f 60) (expt 2 200)))";
    assert_eq!(value_of(source), "(2568 1 163 72057594037927936)");
}

#[test]
fn pairs_and_lists() {
    check(&[
        ("(list (cadr '(1 2 3)) (cddr '(1 2 3)) (caddr '(1 2 3)) (caar '((1))))", "(2 (3) 3 1)"),
        ("(car 5)", "car: expected a pair, got 5"),
        ("(apply caddr '((1 2)))", "caddr: expected a list of that shape, got (1 2)"),
        ("(let ((p (cons 1 2))) (set-car! p 3) (set-cdr! p 4) p)", "(3 . 4)"),
        ("(set-car! '(1) 2)", "set-car!: a literal must not be changed; copy it first: (1)"),
        ("(list (length '(1 2 3)) (length '()))", "(3 0)"),
        ("(length '(1 2 . 3))", "length: expected a list, got (1 2 . 3)"),
        ("(let ((x (list 1 2))) (set-cdr! (cdr x) x) (list (list? x) (list? '(1)) (list? 5)))", "(#f #t #f)"),
        ("(append '(1) '(2) '() '(3 4) 5)", "(1 2 3 4 . 5)"),
        ("(append)", "()"),
        ("(append '(1) 2 '(3))", "append: expected a list as argument 2, got 2"),
        ("(append! (list 1 2) '() (list 3) '())", "(1 2 3)"),
        ("(list (reverse '(1 2 3)) (reverse! (list 1 2 3)))", "((3 2 1) (3 2 1))"),
        ("(list (list-tail '(1 2 3) 1) (list-ref '(1 2 3) 2) (list-head '(1 2 3) 2))", "((2 3) 3 (1 2))"),
        ("(list-tail '(1 2) 3)", "list-tail: the list has fewer elements than 3"),
        ("(list-ref '(1 2) 2)", "list-ref: the list has fewer elements than 3"),
        ("(let ((x (list 1 2 3))) (list-set! x 1 'b) x)", "(1 b 3)"),
        (
            "(list (list-copy '(1 2 . 3)) (last-pair '(1 2 3)) (make-list 2 'a) (iota 3) (iota 3 1) (iota 3 0 .5))",
            "((1 2 . 3) (3) (a a) (0 1 2) (1 2 3) (0.0 0.5 1.0))",
        ),
        (
            "(list (memq 'c '(a b c d)) (memv 1.5 '(1 1.5)) (member '(1) '((0) (1))) (memq 'x '()))",
            "((c d) (1.5) ((1)) #f)",
        ),
        (
            "(list (assq 'b '((a 1) (b 2))) (assv 2 '((1 . a) (2 . b))) (assoc \"b\" '((\"a\" . 1) (\"b\" . 2))))",
            "((b 2) (2 . b) (\"b\" . 2))",
        ),
        ("(assq 'x '(1))", "assq: expected a list of pairs as argument 2, got 1"),
        ("(list (cons* 1 2 '(3)) (cons* 1) (list))", "((1 2 3) 1 ())"),
        (
            "(apply list (iota 300))",
            &format!("({})", (0..300).map(|n| n.to_string()).collect::<Vec<_>>().join(" ")),
        ),
    ]);
}

#[test]
fn work_of_any_size_stops_and_goes_on() {
    let cases = [
        ("(length (iota 100000))", "100000"),
        ("(list? (iota 100000))", "#t"),
        ("(let ((x (iota 50000))) (set-cdr! (last-pair x) x) (list? x))", "#f"),
        ("(length (append (iota 40000) (iota 30000) '(1)))", "70001"),
        (
            "(let ((x (append! (iota 40000) (iota 30000)))) (list (length x) (list-ref x 39999) (list-ref x 40000)))",
            "(70000 39999 0)",
        ),
        ("(car (reverse (iota 100000)))", "99999"),
        ("(car (reverse! (iota 100000)))", "99999"),
        ("(list-ref (list-copy (iota 100000)) 99998)", "99998"),
        ("(length (list-head (iota 100000) 99999))", "99999"),
        ("(car (last-pair (make-list 100000 7)))", "7"),
        ("(memv 99999 (iota 100000))", "(99999)"),
        ("(equal? (iota 100000) (iota 100000))", "#t"),
        ("(equal? (iota 100000) (append (iota 99999) '(0)))", "#f"),
        ("(equal? (make-vector 100000 'a) (make-vector 100000 'a))", "#t"),
        (
            "(let ((v (list->vector (iota 100000)))) (list (vector-length v) (vector-ref v 99999)))",
            "(100000 99999)",
        ),
        ("(let ((l (vector->list (make-vector 100000 1)))) (apply + (list (length l) (car l))))", "100001"),
        (
            "(let ((v (vector-append (make-vector 100000 1) (make-vector 100000 2)))) (list (vector-length v) (vector-ref v 99999) (vector-ref v 100000)))",
            "(200000 1 2)",
        ),
        (
            "(let ((v (list->vector (iota 200000)))) (vector-copy! v 1 v 0 199999) (list (vector-ref v 0) (vector-ref v 1) (vector-ref v 199999)))",
            "(0 0 199998)",
        ),
        (
            "(let ((v (list->vector (iota 200000)))) (vector-copy! v 0 v 1) (list (vector-ref v 0) (vector-ref v 199998)))",
            "(1 199999)",
        ),
        (
            "(let ((v (make-vector 300000 0))) (vector-fill! v 5 1 299999) (list (vector-ref v 0) (vector-ref v 1) (vector-ref v 299998) (vector-ref v 299999)))",
            "(0 5 5 0)",
        ),
        ("(string-length (list->string (make-list 100000 #\\a)))", "100000"),
        ("(length (string->list (make-string 100000 #\\a)))", "100000"),
        (
            "(string-search-forward (string-append (make-string 300 #\\a) \"b\") (make-string 100000 #\\a) 0)",
            "#f",
        ),
        ("(length (string-search-all \"aa\" (make-string 50000 #\\a)))", "49999"),
        ("(string-length (call-with-output-string (lambda (p) (write (iota 200000) p))))", "1288891"),
        (
            "(let ((t (make-equal-hash-table))) (for-each (lambda (i) (hash-table-set! t i (* i i))) (iota 50000)) (list (hash-table-count t) (length (hash-table-keys t)) (car (reverse (hash-table->alist t)))))",
            "(50000 50000 (49999 . 2499900001))",
        ),
        (
            "(define (deep n x) (if (= n 0) x (deep (- n 1) (list x)))) (equal? (deep 100000 '()) (deep 100000 '()))",
            "#t",
        ),
        (
            "(define (fib a b n) (if (= n 0) (list a b) (fib b (+ a b) (- n 1)))) (apply gcd (fib 0 1 20000))",
            "1",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(run(source, 4_000).0, expected, "{source}");
        assert_eq!(run(source, 100).0, expected, "{source}");
    }
}

#[test]
fn resumable_primitives_work_as_first_class_values() {
    check(&[
        ("(apply append (list (iota 20000) (iota 20000)))", &value_of("(append (iota 20000) (iota 20000))")),
        ("(map length (list (iota 20000) (iota 3)))", "(20000 3)"),
        ("(apply equal? (list (iota 50000) (iota 50000)))", "#t"),
        ("(let ((f (if (> 1 0) reverse list))) (car (f (iota 30000))))", "29999"),
        ("(length (apply list (iota 20000)))", "20000"),
    ]);
}

#[test]
fn equality() {
    check(&[
        (
            "(list (eq? 'a 'a) (eqv? 1.5 1.5) (eq? 100000000000000000000 100000000000000000000) (eqv? 1 1.0))",
            "(#t #t #t #f)",
        ),
        (
            "(list (eqv? (string #\\a) (string #\\a)) (equal? \"a\" \"a\") (equal? '(1 #(2 \"x\")) (list 1 (vector 2 \"x\"))))",
            "(#f #t #t)",
        ),
        (
            "(list (eq? (string->symbol \"abc\") 'abc) (eq? (string->symbol \"q z\") (string->symbol \"q z\")))",
            "(#t #t)",
        ),
        (
            "(list (eqv? 0.0 -0.0) (eqv? +nan.0 +nan.0) (equal? #u8(1 2) (bytevector 1 2)) (boolean=? #t #t #f))",
            "(#f #t #t #f)",
        ),
        (
            "(list (eq? (string->uninterned-symbol \"a\") 'a) (symbol? (gensym)) (eq? (gensym) (gensym)))",
            "(#f #t #f)",
        ),
        ("(eq? (self) (self))", "#t"),
    ]);
}

#[test]
fn characters_and_strings() {
    check(&[
        (
            "(list (char-upcase #\\a) (char->integer #\\A) (integer->char 955) (char-numeric? #\\5) (digit-value #\\7))",
            "(#\\A 65 #\\λ #t 7)",
        ),
        (
            "(list (char<? #\\a #\\b #\\c) (char-ci=? #\\a #\\A) (char->digit #\\f 16) (digit->char 11 16))",
            "(#t #t 15 #\\b)",
        ),
        (
            "(integer->char 55296)",
            "integer->char: expected the number of a character (0 to #xD7FF or #xE000 to #x10FFFF), got 55296",
        ),
        (
            "(list (make-string 2 #\\x) (string #\\a #\\b) (string-length \"abc\") (string-ref \"abc\" 1))",
            "(\"xx\" \"ab\" 3 #\\b)",
        ),
        ("(string-ref \"abc\" 3)", "string-ref: the index must be from 0 to 2, got 3"),
        ("(string-length 5)", "string-length: expected a string, got 5"),
        (
            "(list (substring \"hello\" 1 3) (string-append \"a\" \"\" \"bc\") (string-head \"abc\" 2) (string-tail \"abc\" 2))",
            "(\"el\" \"abc\" \"ab\" \"c\")",
        ),
        ("(substring \"hello\" 2 9)", "substring: the index must be from 0 to 5, got 9"),
        (
            "(list (string<? \"abc\" \"abd\") (string=? \"a\" \"a\" \"b\") (string-ci=? \"AbC\" \"aBc\") (string<? \"ab\" \"abc\"))",
            "(#t #f #t #t)",
        ),
        (
            "(list (string-upcase \"straße\") (string-downcase \"ABC\") (string-reverse \"abc\"))",
            "(\"STRASSE\" \"abc\" \"cba\")",
        ),
        (
            "(let ((s (make-string 5 #\\-))) (string-copy! s 1 \"abc\" 1) (string-set! s 4 #\\!) s)",
            "\"-bc-!\"",
        ),
        ("(let ((s (string-copy \"abcde\"))) (string-copy! s 1 s 0 4) s)", "\"aabcd\""),
        (
            "(string-set! \"lit\" 0 #\\x)",
            "string-set!: a literal must not be changed; copy it first: \"lit\"",
        ),
        (
            "(list (string->list \"abc\") (string->list \"abc\" 1) (list->string '(#\\x #\\y)) (string->vector \"ab\") (vector->string #(#\\a)))",
            "((#\\a #\\b #\\c) (#\\b #\\c) \"xy\" #(#\\a #\\b) \"a\")",
        ),
        (
            "(list (string-search-forward \"lo\" \"hello\" 0) (string-search-forward \"l\" \"hello\" 4) (string-search-all \"l\" \"hello\") (string-prefix? \"he\" \"hello\") (string-suffix? \"he\" \"hello\"))",
            "(3 #f (2 3) #t #f)",
        ),
        (
            "(list (symbol->string 'abc) (string->symbol \"Hello World\") (symbol-append 'a 'b) (symbol<? 'a 'b))",
            "(\"abc\" |Hello World| ab #t)",
        ),
        (
            "(list (string-null? \"\") (string-hash \"a\" 10) (string? 'a))",
            &value_of("(list #t (string-hash (string #\\a) 10) #f)"),
        ),
        ("(utf8->string (string->utf8 \"λx\"))", "\"λx\""),
        ("(utf8->string (bytevector 65 255))", "utf8->string: the bytes are no UTF-8 from index 1"),
    ]);
}

#[test]
fn vectors_and_bytevectors() {
    check(&[
        (
            "(list (make-vector 2 'a) (vector 1 2) (vector-length #(1 2 3)) (vector-ref #(1 2 3) 2))",
            "(#(a a) #(1 2) 3 3)",
        ),
        ("(vector-ref (vector 1 2 3) 5)", "vector-ref: the index must be from 0 to 2, got 5"),
        ("(vector-ref (vector) 0)", "vector-ref: there are no elements; got 0"),
        (
            "(apply vector-ref (list (vector 1) 'x))",
            "vector-ref: expected an exact integer as argument 2, got x",
        ),
        ("(let ((v (vector 1 2 3 4 5))) (vector-copy! v 0 #(a b) 1) (vector-fill! v 0 3) v)", "#(b 2 3 0 0)"),
        ("(let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 v 0 4) v)", "#(1 1 2 3 4)"),
        ("(vector-copy! (vector 1) 0 #(1 2))", "vector-copy!: the elements do not fit from this index on: 0"),
        (
            "(list (vector->list #(1 2 3) 1) (vector->list #(1 2 3) 1 2) (list->vector '(1 2)) (vector-copy #(1 2 3) 1) (subvector #(1 2 3) 0 2))",
            "((2 3) (2) #(1 2) #(2 3) #(1 2))",
        ),
        (
            "(list (vector-append #(1) #() #(2 3)) (vector-head #(1 2) 1) (vector-tail #(1 2) 1) (vector-length (vector-grow #(1) 3)))",
            "(#(1 2 3) #(1) #(2) 3)",
        ),
        ("(vector-set! #(1) 0 1)", "vector-set!: a literal must not be changed; copy it first: #(1)"),
        (
            "(make-vector 100000000)",
            "make-vector: 100000000 words are too large for one object (16777216 is the most)",
        ),
        (
            "(list (bytevector 1 2) (make-bytevector 2 7) (bytevector-u8-ref #u8(5 6) 1) (bytevector-append #u8(1) #u8(2)) (bytevector-copy #u8(1 2 3) 1))",
            "(#u8(1 2) #u8(7 7) 6 #u8(1 2) #u8(2 3))",
        ),
        ("(bytevector 256)", "bytevector: expected a byte (an exact integer from 0 to 255), got 256"),
        (
            "(let ((b (bytevector 1 2 3))) (bytevector-u8-set! b 0 9) (bytevector-copy! b 1 #u8(7 8)) b)",
            "#u8(9 7 8)",
        ),
    ]);
}

#[test]
fn hash_tables_keep_the_order_of_insertion() {
    check(&[
        (
            "(let ((t (make-equal-hash-table))) (hash-table-set! t '(1) 'a) (hash-table-set! t \"s\" 'b) (hash-table-set! t 1.5 'c) (hash-table-set! t (list 1) 'd) (list (hash-table->alist t) (hash-table-ref/default t \"s\" #f) (hash-table-count t)))",
            "((((1) . d) (\"s\" . b) (1.5 . c)) b 3)",
        ),
        (
            "(let ((t (make-strong-eqv-hash-table)) (k (list 1))) (hash-table-set! t k 1) (hash-table-set! t (list 1) 2) (hash-table-set! t 'x 3) (list (hash-table-ref/default t k 0) (hash-table-ref/default t (list 1) 0) (hash-table-values t)))",
            "(1 0 (1 2 3))",
        ),
        (
            "(let ((t (make-string-hash-table))) (hash-table-set! t \"a\" 1) (hash-table-delete! t \"a\") (hash-table-set! t \"b\" 2) (hash-table-set! t \"a\" 3) (hash-table-keys t))",
            "(\"b\" \"a\")",
        ),
        (
            "(let* ((t (make-equal-hash-table)) (u (begin (hash-table-set! t 1 2) (hash-table-copy t)))) (hash-table-set! u 3 4) (hash-table-clear! t) (list (hash-table-count t) (hash-table->alist u) (hash-table-empty? t) t))",
            "(0 ((1 . 2) (3 . 4)) #t #<hash-table 0>)",
        ),
        (
            "(let ((k (list 1))) (list (= (eq-hash k) (eq-hash k)) (= (eqv-hash 7) (eq-hash 7)) (begin (set-car! k 2) (= (eq-hash k) (eqv-hash k))) (< (eq-hash k 5) 5)))",
            "(#t #t #t #t)",
        ),
        (
            "(map (lambda (make) (eqv? ((hash-table-hash-function (make)) \"a\") ((hash-table-hash-function (make)) \"a\"))) (list make-equal-hash-table make-string-hash-table))",
            "(#t #t)",
        ),
        (
            "(map (lambda (make) (hash-table-equivalence-function (make))) (list make-equal-hash-table make-eqv-hash-table make-string-hash-table))",
            "(#<procedure equal?> #<procedure eqv?> #<procedure string=?>)",
        ),
        ("(hash-table-hash-function 5)", "hash-table: expected a hash table, got 5"),
        ("(hash-table-set! 5 1 2)", "hash-table-set!: expected a hash table as argument 1, got 5"),
        ("(= (equal-hash '(1 \"a\" #(b))) (equal-hash (list 1 (string #\\a) (vector 'b))))", "#t"),
    ]);
}

#[test]
fn hash_tables_agree_with_an_association_list() {
    let source = "
      (define (run kind make)
        (let ((table (make)) (model '()) (ok #t))
          (define (key n) (if (eq? kind 'equal) (list n (number->string n)) n))
          (do ((i 0 (+ i 1))) ((= i 3000))
            (let ((n (random 200)))
              (case (random 3)
                ((0 1) (hash-table-set! table (key n) i)
                       (let ((known (assv n model)))
                         (if known (set-cdr! known i) (set! model (cons (cons n i) model)))))
                (else (hash-table-delete! table (key n))
                      (set! model (filter (lambda (pair) (not (eqv? (car pair) n))) model))))))
          (for-each (lambda (pair)
                      (if (not (eqv? (hash-table-ref/default table (key (car pair)) #f) (cdr pair))) (set! ok #f)))
                    model)
          (and ok (= (length model) (hash-table-count table) (length (hash-table-values table)))
               (equal? (map cdr (reverse model)) (hash-table-values table)))))
      (list (run 'equal make-equal-hash-table) (run 'eqv make-strong-eqv-hash-table))";
    assert_eq!(value_of(source), "(#t #t)");
}

#[test]
fn what_arrives_in_a_message_is_as_good_as_what_was_sent() {
    check(&[
        // Keys that hash by identity have new numbers in a copy.
        (
            "(define t (make-strong-eqv-hash-table)) (define k (list 1)) (hash-table-set! t k 'one) \
             (hash-table-set! t car 'car) (hash-table-set! t 5 'five) (send (self) (list t k)) \
             (let* ((copy (receive)) (u (car copy)) (l (cadr copy))) \
               (hash-table-set! u (list 2) 'two) \
               (list (hash-table-ref/default u l #f) (hash-table-ref/default u k #f) \
                     (hash-table-ref/default u car #f) (hash-table-ref/default u 5 #f) (hash-table-values u)))",
            "(one #f car five (one car five two))",
        ),
        (
            "(define-record-type point (make-point x) point? (x point-x)) (send (self) (make-point 7)) \
             (let ((p (receive))) (list (point? p) (point-x p)))",
            "(#t 7)",
        ),
        (
            "(define s (gensym)) (define r (make-reference)) (define b (expt 7 100)) \
             (send (self) (list s r b (self) (string->symbol \"own name\"))) \
             (let ((c (receive))) \
               (map eq? c (list s r b (self) (string->symbol \"own name\"))))",
            "(#t #t #t #t #t)",
        ),
    ]);
}

#[test]
fn ports() {
    check(&[
        (
            "(call-with-output-string (lambda (p) (write \"a\" p) (display \"b\" p) (write-char #\\c p) (newline p) (write-string \"xyz\" p 1 2) (fresh-line p) (fresh-line p)))",
            "\"\\\"a\\\"bc\\ny\\n\"",
        ),
        (
            "(with-output-to-string (lambda () (display '(1 \"two\" #\\3)) (write '(1 \"two\" #\\3))))",
            "\"(1 two 3)(1 \\\"two\\\" #\\\\3)\"",
        ),
        (
            "(let ((p (open-input-string \"ab\\ncd\"))) (let* ((a (read-char p)) (b (peek-char p)) (c (read-line p)) (d (read-string 5 p)) (e (read-char p))) (list a b c d (eof-object? e))))",
            "(#\\a #\\b \"b\" \"cd\" #t)",
        ),
        (
            "(let ((p (open-input-bytevector (bytevector 1 2 3)))) (let* ((a (read-u8 p)) (b (read-bytevector 5 p)) (c (read-u8 p))) (list a b (eof-object? c))))",
            "(1 #u8(2 3) #t)",
        ),
        (
            "(let ((p (open-output-bytevector))) (write-u8 7 p) (write-bytevector (bytevector 1 2 3) p 1) (get-output-bytevector p))",
            "#u8(7 2 3)",
        ),
        (
            "(let ((p (open-output-string))) (close-port p) (display 1 p))",
            "display: the port is closed: #<port>",
        ),
        ("(read-char (open-output-string))", "read-char: expected a textual input port, got #<port>"),
        (
            "(list (input-port? (current-input-port)) (textual-port? (current-output-port)) (port? 1) (eof-object))",
            "(#t #t #f #<eof>)",
        ),
    ]);
    let (_, host) =
        run("(display '(1 2)) (newline) (write 'x) (write-string \"long \") (write (iota 20000))", 100);
    assert_eq!(host.writes[..4], ["(1 2)", "\n", "x", "long "]);
    assert_eq!((host.writes.len(), host.writes[4].len()), (5, 108_891));
}

#[test]
fn records_conditions_and_promises() {
    check(&[
        (
            "(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y)) (let ((p (make-point 1 2))) (set-point-x! p 5) (list p (point? p) (point? 5) (point-x p)))",
            "(#<record point x: 5 y: 2> #t #f 5)",
        ),
        (
            "(define-record-type point (make-point x) point? (x point-x)) (point-x 5)",
            "point-x: expected a record of type point, got 5",
        ),
        (
            "(guard (e (#t (list (error-object? e) (error-object-message e) (error-object-irritants e) (condition/report-string e)))) (error \"bad thing:\" 1 \"two\"))",
            "(#t \"bad thing:\" (1 \"two\") \"bad thing: 1 \\\"two\\\"\")",
        ),
        (
            "(guard (e (#t (condition/report-string e))) (vector-ref (vector 1) 1))",
            "\"vector-ref: the index must be from 0 to 0, got 1\"",
        ),
        ("(error \"bad thing:\" 'a)", "bad thing: a"),
        ("(raise 'oops)", "raised: oops"),
        ("nowhere", "unbound variable: nowhere"),
        (
            "(guard (e (#t (list (error-object-message e) (error-object-irritants e)))) (set! nowhere 1))",
            "(\"set!: there is no variable to assign, define it first:\" (nowhere))",
        ),
        ("(let ((p (delay (+ 1 2)))) (list (promise? p) (force p) (force p) (force 5)))", "(#t 3 3 5)"),
        ("(call-with-values (lambda () (values 1 2 3)) list)", "(1 2 3)"),
        (
            "(call-with-values (lambda () (values 1 2)) (lambda (a b c) a))",
            &value_of("(call-with-values (lambda () (values 1 2)) (lambda (a b c) a))"),
        ),
        ("(list (procedure? car) (procedure? (lambda () 1)) (procedure? 'car))", "(#t #t #f)"),
        (
            "(map (lambda (f) (map (lambda (n) (procedure-arity-valid? f n)) '(0 1 2 3))) (list car - + map (lambda (x) x) (lambda (x . y) x)))",
            "((#f #t #f #f) (#f #t #t #t) (#t #t #t #t) (#f #f #t #t) (#f #t #f #f) (#f #t #t #t))",
        ),
        ("(procedure-arity-valid? 5 1)", "procedure-arity-valid?: expected a procedure as argument 1, got 5"),
        ("car", "#<procedure car>"),
        ("(define (f) 1) f", "#<procedure f>"),
    ]);
}

#[test]
fn actors() {
    check(&[
        ("(self)", "#<actor 00000001>"),
        ("(list (actor? (self)) (alive? (self)) (eq? (make-reference) (make-reference)))", "(#t #t #f)"),
        ("(exit)", "exit: normal"),
        ("(exit 'done)", "exit: done"),
        ("(spawn car)", "spawn: expected a procedure without arguments, got #<procedure car>"),
        ("(spawn (lambda (x) x))", "spawn: expected a procedure without arguments, got #<procedure>"),
        (
            "(spawn (lambda () 1) 'nonsense 5)",
            "spawn: expected an option ('name, 'priority, 'link, 'monitor or 'capabilities) as argument 2, got nonsense",
        ),
        (
            "(spawn (lambda () 1) 'priority 'urgent)",
            "spawn: expected a priority ('system, 'high, 'normal, 'low or 'background) as argument 3, got urgent",
        ),
        ("(register 'me (self)) (eq? (whereis 'me) (self))", "#t"),
        (
            "(register 'me (self)) (register 'me (self))",
            "register: the name is taken, or the actor has ended: me",
        ),
        ("(let ((p (spawn-monitor (lambda () 1)))) (list (actor? (car p)) (reference? (cdr p))))", "(#t #t)"),
        ("(exact? (cdr (assq 'reductions (process-info))))", "#t"),
        ("(process-info (self) 'mailbox-length)", "0"),
    ]);
    let (_, host) = run("(spawn (lambda () 1) 'name 'worker 'priority 'high 'link #t)", 1_000);
    let request = &host.spawned[0];
    assert_eq!((request.name.as_deref(), request.band, request.link), (Some("worker"), vm::Band::High, true));
    let (_, host) = run("(send (self) '(1 2)) (apply ! (list (self) 3))", 1_000);
    assert_eq!(host.sent.len(), 2);
}

#[test]
fn printing_bounded_and_labelled() {
    check(&[
        (
            "(let ((x (list 1 2))) (set-cdr! (cdr x) x) (with-output-to-string (lambda () (write x))))",
            "\"#0=(1 2 . #0#)\"",
        ),
        (
            "(let ((x (list 1))) (with-output-to-string (lambda () (write-shared (list x x)))))",
            "\"(#0=(1) #0#)\"",
        ),
        (
            "(with-output-to-string (lambda () (write '|a b|) (write #\\space) (display \"q\\\"\") (write \"tab\\t\")))",
            "\"|a b|#\\\\spaceq\\\"\\\"tab\\\\t\\\"\"",
        ),
        (
            "(let loop ((n 0) (x '())) (if (= n 30000) (string-length (with-output-to-string (lambda () (write x)))) (loop (+ n 1) (list x))))",
            "60002",
        ),
    ]);
}
