//! Primitives on large arguments: they stop and go on, with the same result as the same work in small parts.

mod common;

use common::{check, compile, library, load};
use vm::{Mode, Outcome, write_value};

/// Reductions of a slice.
const FUEL: i64 = 1_000;
/// How far one primitive may go beyond them. A reduction of native work is counted as 12 ns or more, so that this is less
/// than a millisecond.
const OVERDRAFT_MAX: i64 = 80_000;

/// Runs a program in short slices; fails if a slice takes much longer than it was given.
fn in_slices(source: &str) -> String {
    let (_linker, mut machine) =
        load(compile(source), 64 << 20).unwrap_or_else(|error| panic!("{source}: {error}"));
    let mut host = common::Lone::default();
    loop {
        let mut left = FUEL;
        let outcome = machine.step(library(), &mut host, &mut left, None);
        assert!(left >= -OVERDRAFT_MAX, "{source}: {left}");
        match outcome {
            Outcome::OutOfFuel | Outcome::Yielded => {}
            Outcome::Finished(value) => {
                machine.heap().verify().unwrap_or_else(|error| panic!("{source}: {error}"));
                return write_value(value, Mode::Write, 1 << 20);
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}

fn holds(sources: &[&str]) {
    for source in sources {
        assert_eq!(in_slices(source), "#t", "{source}");
    }
}

/// Text of a length that is no multiple of a block, no two neighbours of which are alike.
const LONG: &str = "(define n 150001)
    (define (letter i) (integer->char (+ 97 (modulo (* i 7) 26))))
    (define (text from to)
      (let ((s (make-string (- to from))))
        (do ((i from (+ i 1))) ((= i to) s) (string-set! s (- i from) (letter i)))))
    (define long (text 0 n))
    (define (same? s from) (string=? s (text from (+ from (string-length s)))))\n";

#[test]
fn long_integers_are_written_and_read_in_every_radix() {
    for radix in [2, 3, 7, 10, 16, 36] {
        holds(&[&format!(
            "(define (check n) (= n (string->number (number->string n {radix}) {radix})))
             (and (check (- (expt 3 80000) 1)) (check (- (expt 7 45000))) (check (expt {radix} 25000))
                  (check (+ (expt {radix} 12000) 5)))"
        )]);
    }
    holds(&[
        // The digits of 10^k and of 10^k - 1 are known.
        "(string=? (number->string (expt 10 35000)) (string-append \"1\" (make-string 35000 #\\0)))",
        "(string=? (number->string (- 1 (expt 10 35000))) (string-append \"-\" (make-string 35000 #\\9)))",
        "(= (string->number (string-append \"-000\" (make-string 35000 #\\9))) (- 1 (expt 10 35000)))",
        "(= (string->number (string-append \"#x#e-\" (make-string 20000 #\\f))) (- 1 (expt 16 20000)))",
        "(not (string->number (string-append (make-string 30000 #\\1) \"x\")))",
        "(= 1.0 (string->number (string-append \"1.\" (make-string 30000 #\\0))))",
    ]);
    check(&[(
        "(string->number (make-string 100000 #\\9))",
        "string->number: the result has about 131073 bits; integers have at most 131072",
    )]);
}

/// Ratios about as long as there may be, with long common factors in sums and products.
const RATIOS: &str =
    "(define a (expt 3 25000)) (define b (expt 7 9000)) (define c (expt 5 18000)) (define d (expt 11 7000))
    (define x (/ (* a b) (+ (* c 2) 1))) (define y (/ (+ a 2) (* 2 b d)))\n";

#[test]
fn long_ratios_are_worked_out_in_steps() {
    for expression in [
        "(= (* x (+ (* c 2) 1)) (* a b))",
        "(= (- (+ x y) y) x)",
        "(= (apply - (list (apply + (list 1/2 x y)) 1/2 y)) x)",
        "(= (/ (* y x) x) y)",
        "(= (apply * (list x (/ x) y)) y)",
        "(= (- (1+ x) 1) (-1+ (+ x 1)))",
        "(= (/ (* a b d) (* a b)) d)",
        "(and (= (square (/ a b)) (* (/ a b) (/ a b))) (= (cube (/ b d)) (/ (* b b b) (* d d d))))",
        "(let ((near (+ x (/ 1 (+ (* c 2) 1)))))
           (and (< x near) (> near x) (not (= x near)) (<= x x) (= x (+ x 0)) (< (- near) (- x)) (apply < (list 0 x near))
                (eqv? (max x near) near) (eqv? (min near x near) x) (eqv? (apply max (list x near 0 x)) near)))",
        "(equal? (map (lambda (e) (= e (+ x 1/3))) (iota 3 x 1/3)) '(#f #t #f))",
        "(let ((sum (iota 3 x y))) (and (= (cadr sum) (+ x y)) (= (caddr sum) (+ x y y))))",
        "(let ((t (number->string x))) (and (string=? t (string-append (number->string (numerator x)) \"/\"
            (number->string (denominator x)))) (= x (string->number t))))",
        "(let ((t (number->string (- y) 16))) (= (- y) (string->number t 16)))",
        "(= (string->number (string-append \"-\" (number->string (* 3 a)) \"/\" (number->string (* 6 b)))) (/ a b -2))",
        "(not (string->number (string-append (number->string a) \"/0000\")))",
        "(= (string->number (string-append \"#e-\" (make-string 20000 #\\3) \".5e2\")) (+ (* -100/3 (- (expt 10 20000) 1)) -50))",
        "(= (string->number \"#e1.5e-20000\") (/ 3 2 (expt 10 20000)))",
        "(= (string->number \"#d#e+1.5e20000\") (* 3/2 (expt 10 20000)))",
        "(string=? (call-with-output-string (lambda (port) (write (list x) port))) (string-append \"(\" (number->string x) \")\"))",
        "(= (expt (/ 2 3) 60000) (/ (expt 2 60000) (expt 3 60000)))",
        "(= (sqrt (* (/ a d) (/ a d))) (/ a d))",
        "(and (<= 0 (- x (floor x))) (< (- x (floor x)) 1) (= (ceiling x) (+ (floor x) 1)))",
        "(let ((n (log x 2))) (< (expt 2 (exact (floor (- n 1)))) x (expt 2 (exact (ceiling (+ n 1))))))",
        "(let ((z (rationalize (/ (expt 3 1000) (expt 2 1500)) (/ 1 (expt 10 50)))))
           (< (abs (- z (/ (expt 3 1000) (expt 2 1500)))) (/ 1 (expt 10 49))))",
        "(let ((t (make-equal-hash-table))) (hash-table-set! t x 1) (= 1 (hash-table-ref/default t (+ x 0) 0)))",
    ] {
        holds(&[&format!("{RATIOS} {expression}")]);
    }
    check(&[
        (&format!("{RATIOS} (* x x x)"), "*: the result has about 194666 bits; integers have at most 131072"),
        (
            &format!("{RATIOS} (+ x (/ 1 (+ d c)) y)"),
            "+: the result has about 156165 bits; integers have at most 131072",
        ),
    ]);
}

#[test]
fn long_integers_are_printed_among_other_data() {
    let define = "(define n (- (expt 7 45000)))
        (define (written x) (call-with-output-string (lambda (port) (write x port))))";
    holds(&[
        &format!("{define} (string=? (written n) (number->string n))"),
        &format!(
            "{define} (string=? (written (list \"a\" n (vector 'b n) 1.5))
                (string-append \"(\\\"a\\\" \" (number->string n) \" #(b \" (number->string n) \") 1.5)\"))"
        ),
        // With labels all is printed at once.
        &format!(
            "{define} (define l (list n n)) (set-cdr! (cdr l) l)
            (= (string-length (written l)) (+ (* 2 (string-length (number->string n))) 12))"
        ),
    ]);
}

#[test]
fn cyclic_data_is_compared_to_the_end() {
    let define = "(define (ring . l) (set-cdr! (last-pair l) l) l)
        (define (spiral x) (let ((v (vector 1 x #f))) (vector-set! v 2 (list v x v)) v))";
    holds(&[
        &format!("{define} (equal? (ring 1 2 3) (ring 1 2 3))"),
        &format!("{define} (equal? (ring 1 2) (ring 1 2 1 2))"),
        &format!("{define} (not (equal? (ring 1 2 3) (ring 1 2 4)))"),
        &format!("{define} (not (equal? (ring 1 2) (ring 1 2 1 2 1)))"),
        &format!("{define} (equal? (spiral \"a\") (spiral (string #\\a)))"),
        &format!("{define} (not (equal? (spiral 1) (spiral 2)))"),
        &format!(
            "{define} (equal? (apply ring (iota 30000)) (apply ring (append (iota 30000) (iota 30000))))"
        ),
        "(equal? (append (iota 400000) (list 'x)) (append (iota 400000) (list 'x)))",
    ]);
}

#[test]
fn tables_grow_and_are_copied_in_steps() {
    holds(&[
        "(define n 100000)
         (define t (make-equal-hash-table))
         (do ((i 0 (+ i 1))) ((= i n)) (hash-table-set! t i (* i i)))
         (define u (hash-table-copy t))
         (do ((i 0 (+ i 3))) ((>= i n)) (hash-table-delete! t i))
         (do ((i n (+ i 1))) ((= i (+ n 50000))) (hash-table-set! t i (* i i)))
         (and (= (hash-table-count u) n)
              (let loop ((i 0)) (or (= i n) (and (= (hash-table-ref/default u i #f) (* i i)) (loop (+ i 1)))))
              (equal? (hash-table-keys u) (iota n))
              (let loop ((i 0))
                (or (= i (+ n 50000))
                    (and (eqv? (hash-table-ref/default t i #f) (if (and (< i n) (= 0 (modulo i 3))) #f (* i i)))
                         (loop (+ i 1))))))",
        // Keys that hash by identity, and the table as an argument of apply.
        "(define t (make-strong-eqv-hash-table))
         (define keys (map list (iota 40000)))
         (for-each (lambda (key) (apply hash-table-set! (list t key (car key)))) keys)
         (and (= (hash-table-count t) 40000)
              (let loop ((keys keys))
                (or (null? keys) (and (= (hash-table-ref/default t (car keys) -1) (caar keys)) (loop (cdr keys))))))",
    ]);
}

#[test]
fn a_table_that_was_sent_is_hashed_again_in_steps() {
    holds(&["(define t (make-strong-eqv-hash-table))
         (define keys (map list (iota 30000)))
         (for-each (lambda (key) (hash-table-set! t key (car key))) keys)
         (send (self) (cons t keys))
         (define got (receive))
         (define (all? table keys)
           (let loop ((keys keys))
             (or (null? keys)
                 (and (= (hash-table-ref/default table (car keys) -1) (caar keys)) (loop (cdr keys))))))
         (define copy (hash-table-copy (car got)))
         (and (all? copy (cdr got)) (all? (car got) (cdr got))
              (= -1 (hash-table-ref/default (car got) (car keys) -1)))"]);
}

#[test]
fn long_strings_are_made_and_changed_in_steps() {
    for expression in [
        "(same? long 0)",
        "(same? (string-copy long) 0)",
        "(same? (substring long 10 140000) 10)",
        "(same? (string-tail long 70000) 70000)",
        "(same? (string-head long 140000) 0)",
        "(same? (apply string-append (list (text 0 70000) \"\" (text 70000 140000) (text 140000 n))) 0)",
        "(same? (string-reverse (string-reverse long)) 0)",
        "(char=? (string-ref (string-reverse long) 0) (letter (- n 1)))",
        "(same? (string-downcase (string-upcase long)) 0)",
        "(string=? (string-upcase (make-string 70000 #\\\u{df})) (make-string 140000 #\\S))",
        "(same? (vector->string (string->vector long)) 0)",
        "(same? (vector->string (string->vector long 5 140000)) 5)",
        "(same? (list->string (string->list long)) 0)",
        "(same? (utf8->string (string->utf8 long)) 0)",
        "(begin (string-copy! long 26 long 0 (- n 26)) (same? (substring long 26 n) 0))",
        "(begin (string-copy! long 0 long 26) (same? (substring long 0 (- n 26)) 26))",
        "(= (string-copy! long 1 \"abc\") 4)",
        "(begin (string-fill! long #\\- 3 140003)
                (and (string=? (substring long 3 140003) (make-string 140000 #\\-))
                     (same? (substring long 0 3) 0) (same? (substring long 140003 n) 140003)))",
        "(same? (call-with-output-string (lambda (port) (write-string long port))) 0)",
        "(let ((other (string-copy long)))
           (string-set! other 140000 #\\~)
           (and (string<? long other) (not (string=? long other)) (string>? other long) (string<=? long long other)
                (not (string-prefix? other long)) (string-prefix? (substring long 0 140000) other)
                (string-suffix? (substring long 1 n) long) (not (string-suffix? other long))
                (string-ci=? (string-upcase long) long) (string-prefix? \"\" long) (not (string-prefix? long \"a\"))))",
        "(string<? (substring long 0 131072) long)",
        "(= (string-hash long) (string-hash (string-copy long)))",
        "(let ((t (make-equal-hash-table)))
           (hash-table-set! t long 1) (= 1 (hash-table-ref/default t (string-copy long) 0)))",
    ] {
        holds(&[&format!("{LONG} {expression}")]);
    }
}

#[test]
fn a_capital_sigma_ends_a_word_in_long_text_as_in_short() {
    let short = "\u{3a3}\u{391}\u{3a3} \u{391}\u{3a3}.";
    holds(&[&format!(
        "(define word \"{short} \")
         (define (times n) (if (= n 0) \"\" (let ((half (times (quotient n 2)))) (string-append half half (if (odd? n) word \"\")))))
         (string=? (string-downcase (times 10001))
                   (let ((lower (string-downcase word)))
                     (set! word lower)
                     (times 10001)))"
    )]);
    check(&[(
        &format!("(list (string-downcase \"{short}\") (string-foldcase \"{short}\"))"),
        "(\"\u{3c3}\u{3b1}\u{3c2} \u{3b1}\u{3c2}.\" \"\u{3c3}\u{3b1}\u{3c3} \u{3b1}\u{3c3}.\")",
    )]);
}

#[test]
fn long_bytevectors_are_made_and_changed_in_steps() {
    let define = "(define n 150001)
        (define (bytes from to)
          (let ((b (make-bytevector (- to from) 0)))
            (do ((i from (+ i 1))) ((= i to) b) (bytevector-u8-set! b (- i from) (modulo (* i 7) 251)))))
        (define long (bytes 0 n))
        (define (same? b from) (equal? b (bytes from (+ from (bytevector-length b)))))";
    for expression in [
        "(same? (bytevector-copy long) 0)",
        "(same? (bytevector-copy long 10 140000) 10)",
        "(same? (bytevector-append (bytes 0 70000) (bytevector) (bytes 70000 n)) 0)",
        "(begin (bytevector-copy! long 251 long 0 (- n 251)) (same? (bytevector-copy long 251) 0))",
        "(begin (bytevector-copy! long 0 long 251) (same? (bytevector-copy long 0 (- n 251)) 251))",
        "(begin (bytevector-fill! long 9 3 140003)
                (and (equal? (bytevector-copy long 3 140003) (make-bytevector 140000 9)) (same? (bytevector-copy long 0 3) 0)))",
        "(same? (call-with-port (open-output-bytevector)
                  (lambda (port) (write-bytevector long port) (get-output-bytevector port))) 0)",
    ] {
        holds(&[&format!("{define} {expression}")]);
    }
}
