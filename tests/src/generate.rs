//! Random Scheme programs that end, and whose output the standard alone decides.
//!
//! 1. The same seed gives the same program.
//! 2. Every loop counts down, and nothing recurs but what a template bounds: a program ends after a few thousand steps.
//! 3. A part of an expression has no effect that another part sees, raises nothing and escapes nowhere: templates with
//!    effects, conditions or continuations keep them inside. So the order of evaluation does not show.
//! 4. What the standard leaves open is not there: the text of floats (they are shown as exact numbers), of bytevectors and odd symbols, exact zero times a
//!    float, functions that round differently, unspecified values, messages of the system's own conditions, and the case
//!    of letters that have several, the sign of a zero, and
//!    how often the guards of `dynamic-wind` run when a continuation within is escaped to.

use std::fmt::Write;

/// What programs begin with: `show` writes a value so that all systems write it alike.
const PRELUDE: &str = "\
(import (scheme base) (scheme char) (scheme cxr) (scheme inexact) (scheme lazy) (scheme write) (scheme case-lambda)
        (scheme read))
(define (plain x)
  (cond ((and (number? x) (inexact? x))
         (cond ((nan? x) 'nan)
               ((infinite? x) (if (> x 0) 'inf '-inf))
               (else (list 'float (exact x)))))
        ((pair? x) (cons (plain (car x)) (plain (cdr x))))
        ((symbol? x) (list 'symbol (symbol->string x)))
        ((vector? x) (vector-map plain x))
        ((bytevector? x) (let loop ((i (bytevector-length x)) (l '()))
                           (if (= i 0) (cons 'bytes l) (loop (- i 1) (cons (bytevector-u8-ref x (- i 1)) l)))))
        (else x)))
(define-syntax show
  (syntax-rules ()
    ((_ number x)
     (begin (write number) (write-string \": \") (write (guard (e (#t 'failed)) (plain x))) (newline)))))
(define parameter (make-parameter 10))
(define squared (make-parameter 3 (lambda (x) (* x x))))
(define-record-type <point> (make-point x y) point? (x point-x set-point-x!) (y point-y))
(define-syntax my-or (syntax-rules () ((_) #f) ((_ e) e) ((_ e r ...) (let ((t e)) (if t t (my-or r ...))))))
(define-syntax swap! (syntax-rules () ((_ a b) (let ((t a)) (set! a b) (set! b t)))))
(define-syntax repeat
  (syntax-rules (times) ((_ n times body ...) (let loop ((i n)) (if (> i 0) (begin body ... (loop (- i 1))))))))
(define-syntax flat (syntax-rules () ((_ (a ...) ...) (list a ... ...))))
(define-syntax my-let* (syntax-rules () ((_ () b) b) ((_ ((n v) r ...) b) (let ((n v)) (my-let* (r ...) b)))))
(define-syntax tail-of (syntax-rules () ((_ a ... (b . c) z) '(c z a ...))))
(define-syntax literal (syntax-rules () ((_ #(a ...) x) (vector 'a ... x))))
";

/// Types of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Integer,
    Rational,
    Float,
    Boolean,
    Character,
    String,
    Symbol,
    /// A list of integers.
    List,
    /// A vector of integers.
    Vector,
    Bytevector,
    Any,
}

use Type::{
    Any, Boolean, Bytevector, Character, Float, Integer, List, Rational, String as Text, Symbol, Vector,
};

/// Random numbers: SplitMix64.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }

    /// One of `choices`.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

struct Generator {
    random: Random,
    /// Variables in scope.
    scope: Vec<(String, Type)>,
    names: usize,
}

/// A program of `cases` expressions, each shown on a line of its own.
pub fn program(seed: u64, cases: usize) -> String {
    let mut generator = Generator { random: Random(seed), scope: Vec::new(), names: 0 };
    let mut text = PRELUDE.to_string();
    for case in 0..cases {
        let depth = 3 + generator.random.below(4) as u32;
        let shown = generator.expression(Any, depth);
        _ = writeln!(text, "(show {case} {shown})");
    }
    text
}

impl Generator {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// Fills a template: `I R F B C S Y L V U A` in braces stand for expressions of the types, with one level less; `{k}` for a
    /// small natural number; `{n}` and `{m}` for fresh names, the same wherever they stand; `{In}` for an integer
    /// expression in which the variable `{n}` is an integer, `{Bn}`, `{Ln}` likewise.
    fn fill(&mut self, template: &str, depth: u32) -> String {
        let names = [self.name(), self.name()];
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (hole, after) = after.split_once('}').expect("a template's braces match");
            rest = after;
            match hole {
                "n" => out.push_str(&names[0]),
                "m" => out.push_str(&names[1]),
                "k" => _ = write!(out, "{}", self.random.below(6)),
                _ => {
                    let bound = hole.len() - 1;
                    self.scope.extend(names[..bound].iter().map(|name| (name.clone(), Integer)));
                    let part = self.expression(type_of(hole), depth.saturating_sub(1));
                    self.scope.truncate(self.scope.len() - bound);
                    out.push_str(&part);
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn expression(&mut self, wanted: Type, depth: u32) -> String {
        if wanted == Any {
            let types = [
                Integer, Integer, Rational, Float, Boolean, Character, Text, Symbol, List, List, Vector,
                Bytevector,
            ];
            let chosen = types[self.random.below(types.len())];
            if depth > 1 && self.random.below(3) == 0 {
                let template = self.random.pick(ANY);
                return self.fill(template, depth);
            }
            return self.expression(chosen, depth);
        }
        let known: Vec<usize> = (0..self.scope.len()).filter(|at| self.scope[*at].1 == wanted).collect();
        if !known.is_empty() && self.random.below(if depth == 0 { 2 } else { 5 }) == 0 {
            return self.scope[known[self.random.below(known.len())]].0.clone();
        }
        if depth == 0 {
            return self.literal(wanted);
        }
        if self.random.below(4) == 0 {
            let letter = letter_of(wanted);
            let template = self.random.pick(GENERAL).replace('_', letter);
            return self.fill(&template, depth);
        }
        let template = self.random.pick(templates(wanted));
        self.fill(template, depth)
    }

    fn literal(&mut self, wanted: Type) -> String {
        let random = &mut self.random;
        match wanted {
            Integer | Any => match random.below(6) {
                0 => format!("{}", random.draw() as i64),
                1 => format!("-{}{:018}", 1 + random.below(900), random.draw() % 1_000_000_000_000_000_000),
                2 => format!("{}{:018}", 1 + random.below(9), random.draw() % 1_000_000_000_000_000_000),
                3 => random
                    .pick(&["0", "1", "-1", "1152921504606846975", "-1152921504606846976", "#xff", "#e1e3"])
                    .into(),
                _ => format!("{}", random.below(41) as i64 - 20),
            },
            Rational => format!("{}/{}", random.below(2001) as i64 - 1000, 1 + random.below(99)),
            Float => random
                .pick(&[
                    "0.5",
                    "-0.25",
                    "1.5",
                    "2.5",
                    "-3.5",
                    "1e10",
                    "-1e-5",
                    "123456.75",
                    "3.",
                    "-7.0",
                    ".125",
                    "1e21",
                ])
                .into(),
            Boolean => random.pick(&["#t", "#f"]).into(),
            Character => random
                .pick(&["#\\a", "#\\Z", "#\\space", "#\\0", "#\\x3bb", "#\\newline", "#\\é", "#\\("])
                .into(),
            Text => random
                .pick(&["\"\"", "\"abc\"", "\"Hello, World\"", "\"λx\"", "\"a b\"", "\"42\"", "\"éa\""])
                .into(),
            Symbol => random.pick(&["'a", "'b", "'|a b|", "'long-name!", "'λ", "(quote quote)"]).into(),
            List => random
                .pick(&["'()", "'(1 2 3)", "'(5)", "(list 3 1 2)", "'(-1 0 1 100000000000000000000)"])
                .into(),
            Vector => random.pick(&["#()", "#(1 2 3)", "(vector 4)", "'#(10 20 30 40)"]).into(),
            Bytevector => random.pick(&["#u8()", "#u8(1 2 255)", "(bytevector 65 66)"]).into(),
        }
    }
}

fn type_of(hole: &str) -> Type {
    match &hole[..1] {
        "I" => Integer,
        "R" => Rational,
        "F" => Float,
        "B" => Boolean,
        "C" => Character,
        "S" => Text,
        "Y" => Symbol,
        "L" => List,
        "V" => Vector,
        "U" => Bytevector,
        _ => Any,
    }
}

fn letter_of(wanted: Type) -> &'static str {
    match wanted {
        Integer => "I",
        Rational => "R",
        Float => "F",
        Boolean => "B",
        Character => "C",
        Text => "S",
        Symbol => "Y",
        List => "L",
        Vector => "V",
        Bytevector => "U",
        Any => "A",
    }
}

/// Forms of any type; `_` is its letter. The parts that are not of this type must hold no underscore.
const GENERAL: &[&str] = &[
    "(if {B} {_} {_})",
    "(let (({n} {I})) {_n})",
    "(let* (({n} {I}) ({m} {In})) {_nm})",
    "(my-let* (({n} {I}) ({m} {In})) {_nm})",
    "(letrec (({n} (lambda ({m}) (if (<= {m} 0) {_} ({n} (- {m} 1)))))) ({n} {k}))",
    "((lambda ({n} . {m}) {_n}) {I} {A})",
    "(cond ({B} {_}) ({B} {_}) (else {_}))",
    "(cond ((assv {k} '((1 . 2) (3 . 4))) => (lambda ({m}) {_})) (else {_}))",
    "(case {I} ((0 1 2) {_}) ((-1 100) {_}) (else {_}))",
    "(case {Y} ((a b) {_}) (else => (lambda ({m}) {_})))",
    "(call/cc (lambda ({n}) {_}))",
    "(call-with-current-continuation (lambda (k) (if {B} (k {_}) {_})))",
    "(call-with-values (lambda () (values {I} {I})) (lambda ({n} {m}) {_nm}))",
    "(let-values ((({n} {m}) (floor/ {I} 7))) {_nm})",
    "(let*-values ((({n}) (values {I})) ((a . {m}) (values {I} 2))) {_n})",
    "(guard (e ((symbol? e) {_}) ((string? e) {_})) (if {B} (raise 'oops) {_}))",
    "(guard (e (#t {_})) (raise (list {I})))",
    "(guard (e ((error-object? e) {_})) (error \"bad:\" {I}))",
    "(guard (e (#t {_})) (guard (f ((number? f) {_})) (raise 'other)))",
    "(guard (e ((assq 'a e) => (lambda (found) {_})) ((assq 'b e) {_})) (raise (list (cons 'a {I}))))",
    "(guard (e (#t {_})) (vector-ref (vector 1 2) 2))",
    "(guard (e (#t {_})) (car '()))",
    "(guard (e (#t {_})) (+ 'a 1))",
    "(with-exception-handler (lambda (e) 5) (lambda () (let (({n} (+ 1 (raise-continuable 'c)))) {_n})))",
    "(dynamic-wind (lambda () #f) (lambda () {_}) (lambda () #f))",
    "(parameterize ((parameter {I})) (let (({n} (parameter))) {_n}))",
    "(parameterize ((squared {k})) (let (({n} (squared))) {_n}))",
    "(force (delay {_}))",
    "(force (delay-force (delay {_})))",
    "(force (make-promise {_}))",
    "(begin {A} {_})",
    "(let () (define {n} {I}) (define ({m} x) {_n}) ({m} 1))",
    "(do (({n} 0 (+ {n} 1)) ({m} {I} (+ {m} {n}))) ((= {n} 5) {_nm}))",
    "(let-syntax ((here (syntax-rules () ((_ x) (let (({n} 1)) x))))) (here {_}))",
    "(apply (lambda ({n} {m}) {_nm}) (list {I} {I}))",
    "((case-lambda ((a) {_}) ((a b) {_}) ((a . b) {_})) 1 2)",
    "(let (({n} {k}) ({m} 2)) (swap! {n} {m}) {_nm})",
    "(when #t {A} {_})",
    "(unless #f {_})",
];

/// Forms without a type of their own.
const ANY: &[&str] = &[
    "(list {A} {A} {A})",
    "(cons {A} {A})",
    "(vector {A} {A})",
    "`(a ,{A} ,@{L} . ,{A})",
    "`#(1 ,{A} ,@{L})",
    "`(1 `(2 ,(3 ,{A})))",
    "(flat (1 {A}) () ({A} 2))",
    "(tail-of 1 2 (3 4 5) 6)",
    "(literal #(a b) {A})",
    "(my-or #f {A})",
    "(let ((t {A})) (my-or #f t))",
    "(call-with-values (lambda () (exact-integer-sqrt (abs {I}))) list)",
    "(call-with-values (lambda () (truncate/ {I} -13)) list)",
    "(let ((trace '())) (define (note x) (set! trace (cons x trace))) (call/cc (lambda (k) (dynamic-wind (lambda () (note 'in)) (lambda () (note {k}) (k 1)) (lambda () (note 'out))))) (reverse trace))",
    "(let ((k #f) (n 0)) (let ((v (call/cc (lambda (c) (set! k c) {I})))) (set! n (+ n 1)) (if (< n 3) (k (+ v n)) (list v n))))",
    "(let ((trace '()) (k #f)) (dynamic-wind (lambda () (set! trace (cons 'in trace))) (lambda () (call/cc (lambda (c) (set! k c))) (set! trace (cons {k} trace))) (lambda () (set! trace (cons 'out trace)))) (if (< (length trace) 6) (k 1)) trace)",
    "(let ((p (make-point {A} {A}))) (set-point-x! p {I}) (list (point? p) (point? 5) (point-x p) (point-y p)))",
    "(guard (e (#t (list (error-object-message e) (error-object-irritants e)))) (error \"it broke:\" {A} 'b))",
    "(guard (e ((string? e) (list 'string e)) (else (list 'other e))) (raise {A}))",
    "(with-exception-handler (lambda (e) (list 'handled e)) (lambda () (list (raise-continuable {A}))))",
    "(let ((port (open-input-string \"(1 . 2) foo #(a \\\"b\\\") 3/6\"))) (let* ((a (read port)) (b (read port)) (c (read port)) (d (read port))) (list a b c d (eof-object? (read port)))))",
    "(let ((port (open-input-string {S}))) (let* ((a (read-char port)) (b (peek-char port)) (c (read-line port))) (list (eof-object? a) (eof-object? b) (eof-object? c))))",
    "(let ((out (open-output-string))) (write {L} out) (write-char #\\space out) (display {S} out) (get-output-string out))",
    "(let ((count 0)) (repeat {k} times (set! count (+ count 2))) count)",
    "(let ((table (list (cons 'a {I}) (cons 'b {I})))) (list (assq 'a table) (assq 'c table) (member {I} {L})))",
    "(let ((s (make-string 3 {C}))) (string-set! s 1 {C}) (string-copy! s 0 \"zz\" 1) s)",
    "(let ((v (vector-copy #(1 2 3 4)))) (vector-set! v 0 {I}) (vector-fill! v 'x 2) (vector-copy! v 1 #(a b c) 0 2) v)",
    "(let ((l (list 1 2 3))) (set-cdr! (cddr l) (list {A})) (set-car! l {A}) (list-set! l 1 'z) l)",
    "(let loop ((i 0) (acc '())) (if (= i 4) (reverse acc) (loop (+ i 1) (cons (* i i) acc))))",
    "(let ((s (delay (begin {I})))) (list (force s) (promise? s) (promise? 5)))",
    "(map (lambda ({n} {m}) {Inm}) {L} {L})",
    "(let-values (((a . b) (values {A} {A})) ((c) (values {A}))) (list a b c))",
    "(let () (define-values (a b . c) (values 1 {A} 3 {A})) (list a b c))",
    "(string->vector {S})",
    "(let ((x {I})) (let-syntax ((get (syntax-rules () ((_) x)))) (let ((x 'inner)) (list x (get)))))",
    "(equal? {S} {A})",
];

fn templates(wanted: Type) -> &'static [&'static str] {
    match wanted {
        Integer | Any => &[
            "(+ {I} {I})",
            "(- {I} {I} {I})",
            "(- {I})",
            "(* {I} {I})",
            "(quotient {I} 7)",
            "(remainder {I} -13)",
            "(modulo {I} 10)",
            "(let (({n} {I})) (if (= {n} 0) 1 (quotient {I} {n})))",
            "(let (({n} {I})) (if (= {n} 0) 2 (modulo {I} {n})))",
            "(let (({n} {I})) (if (= {n} 0) 3 (floor-quotient {I} {n})))",
            "(let (({n} {I})) (if (= {n} 0) 4 (truncate-remainder {I} {n})))",
            "(gcd {I} {I})",
            "(lcm {I} {k})",
            "(abs {I})",
            "(min {I} {I})",
            "(max {I} {I} {I})",
            "(expt {I} {k})",
            "(square {I})",
            "(numerator {R})",
            "(denominator {R})",
            "(floor {R})",
            "(round {R})",
            "(truncate {R})",
            "(ceiling {R})",
            "(exact (round {F}))",
            "(length {L})",
            "(vector-length {V})",
            "(string-length {S})",
            "(bytevector-length {U})",
            "(char->integer {C})",
            "(apply + {L})",
            "(apply max 0 {L})",
            "(let loop (({n} 5) ({m} {I})) (if (= {n} 0) {m} (loop (- {n} 1) (+ {m} {In}))))",
            "(string->number (number->string {I} 16) 16)",
            "(string->number (number->string {I} 2) 2)",
            "(let ((l {L})) (if (null? l) 0 (car l)))",
            "(let ((v {V})) (if (= 0 (vector-length v)) 0 (vector-ref v 0)))",
            "(exact (string->number \"1e3\"))",
            "(let ((sum 0)) (for-each (lambda ({n}) (set! sum (+ sum {n}))) {L}) sum)",
            "(let ((sum 0)) (vector-for-each (lambda ({n}) (set! sum (- {n} sum))) {V}) sum)",
            "(call-with-values (lambda () (exact-integer-sqrt (abs {I}))) (lambda (s r) (+ (* s s) r)))",
            "(or (digit-value {C}) 0)",
            "(let ((u {U})) (if (= 0 (bytevector-length u)) 0 (bytevector-u8-ref u 0)))",
        ],
        Rational => &[
            "(+ {R} {R})",
            "(* {R} {I})",
            "(- {R} {R})",
            "(let (({n} {I})) (if (= {n} 0) 1/3 (/ {R} {n})))",
            "(/ {I} 12)",
            "(exact {F})",
            "(abs {R})",
            "(min {R} {R})",
            "(expt {R} {k})",
            "(square {R})",
            "(rationalize {R} 1/100)",
            "(string->number (number->string {R}))",
            "(sqrt (square {R}))",
            "(let (({n} {R})) (if (= 0 {n}) 1/7 (/ {n})))",
        ],
        Float => &[
            "(+ {F} {F})",
            "(- {F} {I})",
            "(* {F} {F})",
            "(/ {F} 4)",
            "(inexact {R})",
            "(inexact {I})",
            "(floor {F})",
            "(round {F})",
            "(truncate {F})",
            "(ceiling {F})",
            "(abs {F})",
            "(max {F} (+ 1/2 {I}))",
            "(min (+ 1/2 {I}) {F})",
            "(sqrt (abs {F}))",
            "(square {F})",
            "(string->number (number->string {F}))",
            "(- {F})",
        ],
        Boolean => &[
            "(< {I} {I})",
            "(= {R} {F})",
            "(<= {I} {R} {F})",
            "(> {F} {R})",
            "(>= {I} {I})",
            "(zero? {I})",
            "(positive? {R})",
            "(negative? {F})",
            "(even? {I})",
            "(odd? {I})",
            "(exact? {F})",
            "(inexact? {R})",
            "(integer? {F})",
            "(rational? {R})",
            "(exact-integer? {R})",
            "(not {B})",
            "(and {B} {B} {B})",
            "(or {B} {B})",
            "(boolean=? {B} {B})",
            "(eqv? {I} {I})",
            "(= {F} {F})",
            "(equal? {L} {L})",
            "(equal? {S} {S})",
            "(eq? {Y} {Y})",
            "(symbol=? {Y} 'a)",
            "(char<? {C} {C})",
            "(char-ci=? {C} #\\A)",
            "(char-alphabetic? {C})",
            "(char-numeric? {C})",
            "(char-whitespace? {C})",
            "(char-upper-case? {C})",
            "(string<? {S} {S})",
            "(string=? {S} {S} {S})",
            "(string-ci=? {S} \"ABC\")",
            "(null? {L})",
            "(pair? {A})",
            "(list? {A})",
            "(vector? {A})",
            "(string? {A})",
            "(procedure? car)",
            "(bytevector? {A})",
            "(and (memv {I} {L}) #t)",
            "(equal? {V} {V})",
        ],
        Character => &[
            "(char-upcase {C})",
            "(char-downcase {C})",
            "(char-foldcase {C})",
            "(let ((s {S})) (if (= 0 (string-length s)) #\\! (string-ref s 0)))",
            "(integer->char (+ 97 {k}))",
        ],
        Text => &[
            "(string-append {S} {S})",
            "(let ((s {S})) (substring s 0 (min {k} (string-length s))))",
            "(let ((s {S})) (string-copy s (min {k} (string-length s))))",
            "(number->string {I})",
            "(number->string {I} 16)",
            "(number->string {R} 2)",
            "(symbol->string {Y})",
            "(list->string (list {C} {C}))",
            "(string {C} {C})",
            "(make-string {k} {C})",
            "(string-upcase {S})",
            "(string-downcase {S})",
            "(string-foldcase {S})",
            "(string-map char-upcase {S})",
            "(string-map (lambda (a b) (if (char<? a b) a b)) {S} {S})",
            "(list->string (reverse (string->list {S})))",
            "(vector->string (string->vector {S}))",
            "(utf8->string (string->utf8 {S}))",
            "(let ((out (open-output-string))) (display {I} out) (write-string {S} out) (get-output-string out))",
        ],
        Symbol => &["(string->symbol {S})", "(if {B} {Y} 'c)"],
        List => &[
            "(list {I} {I})",
            "(cons {I} {L})",
            "(append {L} {L})",
            "(append {L} '() {L})",
            "(reverse {L})",
            "(map (lambda ({n}) {In}) {L})",
            "(map + {L} {L})",
            "(map (lambda ({n}) (* {n} {n})) {L})",
            "(list-copy {L})",
            "(vector->list {V})",
            "(let ((l {L})) (if (null? l) l (cdr l)))",
            "(let ((l {L})) (list-tail l (min {k} (length l))))",
            "(make-list {k} {I})",
            "(or (memv 1 {L}) '())",
            "`(1 ,{I} ,@{L} 4)",
            "(let loop (({n} {k}) (acc '())) (if (<= {n} 0) acc (loop (- {n} 1) (cons {In} acc))))",
            "(do (({n} 0 (+ {n} 1)) (acc '() (cons {n} acc))) ((= {n} {k}) acc))",
            "(map char->integer (string->list {S}))",
            "(list-copy (apply list {L}))",
        ],
        Vector => &[
            "(vector {I} {I})",
            "(make-vector {k} {I})",
            "(vector-map (lambda ({n}) {In}) {V})",
            "(vector-map + {V} {V})",
            "(vector-append {V} {V})",
            "(list->vector {L})",
            "(let ((v {V})) (vector-copy v 0 (min {k} (vector-length v))))",
            "(let ((v (vector-copy {V}))) (vector-fill! v {I}) v)",
        ],
        Bytevector => &[
            "(bytevector {k} {k})",
            "(bytevector-append {U} {U})",
            "(let ((u {U})) (bytevector-copy u (min {k} (bytevector-length u))))",
            "(string->utf8 {S})",
            "(make-bytevector {k} 7)",
        ],
    }
}
