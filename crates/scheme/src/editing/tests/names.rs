//! What names mean: definitions, hover, completion, renaming, classes.

use crate::builtins::Builtins;
use crate::editing::{Index, Offers, TokenKind, complete, rename};
use bytecode::SourceFile;
use proptest::prelude::*;
use std::sync::OnceLock;

fn builtins() -> &'static Builtins {
    static BUILTINS: OnceLock<Builtins> = OnceLock::new();
    BUILTINS.get_or_init(|| crate::standard().expect("the library compiles").1)
}

fn files(texts: &[&str]) -> Vec<SourceFile> {
    let name = |index: usize| if index == 0 { "main.scm".to_string() } else { format!("file{index}.scm") };
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| SourceFile { name: name(index), text: (*text).into() })
        .collect()
}

/// A text with its `^` taken out, and where that was.
fn cursor(text: &str) -> (String, u32) {
    let at = text.find('^').expect("a cursor");
    (text.replacen('^', "", 1), at as u32)
}

/// Line and column of the definition of what stands at the `^`.
fn defined(text: &str) -> Option<(u32, u32)> {
    let (text, at) = cursor(text);
    Index::new(builtins(), &files(&[&text])).definition(0, at).map(|span| (span.line, span.column))
}

/// The text after what stands at the `^` was renamed.
fn renamed(text: &str, new_name: &str) -> Result<String, String> {
    let (text, at) = cursor(text);
    let files = files(&[&text]);
    let edits = rename(builtins(), &Index::new(builtins(), &files), 0, at, new_name)?;
    Ok(crate::editing::rename::edited(&files, &edits, new_name).remove(0).text)
}

#[track_caller]
fn becomes(text: &str, new_name: &str, wanted: &str) {
    assert_eq!(renamed(text, new_name).as_deref(), Ok(wanted));
}

#[track_caller]
fn refuses(text: &str, new_name: &str, why: &str) {
    let error = renamed(text, new_name).expect_err("a refusal");
    assert!(error.contains(why), "{error}");
}

fn hover(text: &str) -> (String, String, String) {
    let (text, at) = cursor(text);
    let hover = Index::new(builtins(), &files(&[&text])).hover(0, at).expect("a name");
    (hover.signature, hover.text, hover.origin)
}

fn offers(text: &str) -> Offers {
    let (text, at) = cursor(text);
    complete(builtins(), &files(&[&text]), 0, at)
}

fn names(text: &str) -> Vec<String> {
    offers(text).offers.into_iter().map(|offer| offer.name).collect()
}

#[test]
fn definitions_are_found_where_the_expander_sees_them() {
    assert_eq!(defined("(define (f x) ^x)"), Some((1, 12)));
    assert_eq!(defined("(define x 1)\n(define (f x) (let ((x x^)) x))"), Some((2, 12)));
    assert_eq!(defined("(define (f) (g^))\n(define (g) 1)"), Some((2, 10)));
    assert_eq!(defined("(let loop ((i 0)) (lo^op (+ i 1)))"), Some((1, 6)));
    assert_eq!(defined("(receive (('ball n) ^n))"), Some((1, 18)));
    assert_eq!(
        defined("(define-record-type point (make x) point? (x point-x))\n(point-x^ 1)"),
        Some((1, 46))
    );
    assert_eq!(
        defined("(define-syntax twice (syntax-rules () ((_ e) (begin e e))))\n(^twice 1)"),
        Some((1, 16))
    );
    assert_eq!(defined("(^car x)"), None);
    assert_eq!(defined("(define x 1) '^x"), None);
}

#[test]
fn macros_do_not_confuse_what_names_mean() {
    let swap = "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))\n";
    assert_eq!(defined(&format!("{swap}(define tmp 1)\n(define y 2)\n(swap! ^tmp y)")), Some((2, 9)));
    becomes(
        &format!("{swap}(define t^mp 1)\n(define y 2)\n(swap! tmp y)"),
        "x",
        &format!("{swap}(define x 1)\n(define y 2)\n(swap! x y)"),
    );
    becomes(
        &format!("{}(define x 1)\n(swap! x x)", swap.replace("((tmp a))", "((t^mp a))")),
        "held",
        &format!("{}(define x 1)\n(swap! x x)", swap.replace("tmp", "held")),
    );
    // A template's free name is one of the program's.
    becomes(
        "(define (help^er x) x)\n(define-syntax m (syntax-rules () ((_ x) (helper x))))\n(m 1)",
        "aid",
        "(define (aid x) x)\n(define-syntax m (syntax-rules () ((_ x) (aid x))))\n(m 1)",
    );
    // Also where nothing uses the macro.
    becomes(
        "(define (help^er x) x)\n(define-syntax m (syntax-rules () ((_ x) (helper x))))",
        "aid",
        "(define (aid x) x)\n(define-syntax m (syntax-rules () ((_ x) (aid x))))",
    );
}

#[test]
fn renaming_changes_all_uses_and_nothing_else() {
    becomes("(define (f x) (let ((x (+ ^x 1))) x))", "y", "(define (f y) (let ((x (+ y 1))) x))");
    becomes("(define count 0)\n(set! co^unt (+ count 1))\ncount", "n", "(define n 0)\n(set! n (+ n 1))\nn");
    becomes("(define (f a) (define b^ a) (* b b))", "c", "(define (f a) (define c a) (* c c))");
    becomes("(do ((i^ 0 (+ i 1))) ((= i 3) i))", "k", "(do ((k 0 (+ k 1))) ((= k 3) k))");
    becomes("(define (f x) \"x\" 'x #\\x ^x) ; x", "y", "(define (f y) \"x\" 'x #\\x y) ; x");
}

#[test]
fn renaming_follows_a_name_through_all_files_and_libraries() {
    let files = files(&[
        "(import (my lib))\n(helper 1)",
        "(define-library (my lib) (export helper) (import (scheme base))\n(begin (define (helper x) x)))",
    ]);
    let edits = rename(builtins(), &Index::new(builtins(), &files), 0, 20, "aid").expect("it can be renamed");
    let texts = crate::editing::rename::edited(&files, &edits, "aid");
    assert_eq!(texts[0].text, "(import (my lib))\n(aid 1)");
    assert!(texts[1].text.contains("(export aid)") && texts[1].text.contains("(define (aid x) x)"));
}

#[test]
fn renaming_refuses_what_would_change_the_program() {
    refuses("(define (f ^x y) (+ x y))", "y", "bound twice");
    refuses("(define y 1)\n(define (f x^) (+ x y))", "y", "`y` at main.scm:2:20 would mean something else");
    refuses("(define (f x^) (let ((y 2)) (+ x y)))", "y", "is taken");
    refuses("(define (f x^) (list x))", "list", "`list` at main.scm:1:16 would mean something else");
    refuses("(define a^ 1)\n(define b 2)\n(+ a b)", "b", "is taken");
    refuses("(^list 1)", "x", "`list` belongs to the machine");
    refuses("(^if 1 2 3)", "x", "`if` belongs to the machine");
    refuses("(nowhere^)", "x", "nothing defines `nowhere`");
    refuses("(define (f x^) x)", "a b", "must read as one identifier");
    refuses("(define (f x^) x)", "1", "must read as one identifier");
    refuses("(define (f x^) x)\n(car", "y", "free of errors first: main.scm:2:1");
    refuses(
        "(define-syntax m (syntax-rules () ((_ x) (list 'x x))))\n(define a^ 1)\n(m a)",
        "b",
        "is data as well",
    );
    refuses("(import (srfi 1))\n(xc^ons 1 2)", "pair", "belongs to the machine");
}

#[test]
fn hovering_says_how_a_name_is_used() {
    let (signature, text, origin) = hover("(ca^r x)");
    assert_eq!(
        (signature.as_str(), text.as_str(), origin.as_str()),
        ("(car pair)", "The first part of a pair.", "(scheme base)")
    );
    assert_eq!(hover("(letrec*^ ((a 1)) a)").0, "(letrec* ((name value) ...) body ...)");
    let own = ";; Adds two numbers.\n(define (add a b) (+ a b))\n(a^dd 1 2)";
    assert_eq!(hover(own), ("(add a b)".into(), "Adds two numbers.".into(), "main.scm:2".into()));
    assert_eq!(hover("(define f (lambda (a . b) a))\n(f^ 1)").0, "(f a . b)");
    assert_eq!(hover("(define (f x) ^x)").1, "A parameter.");
    let typed = "; Halves.\n(: half (->  integer rational))\n(define-memoized (half n) (/ n 2))\n(hal^f 1)";
    let told = "Halves. It is memoized. Declared as (-> integer rational).";
    assert_eq!(hover(typed), ("(half n)".into(), told.into(), "main.scm:3".into()));
    assert_eq!(hover("(: n integer)\n(define n 1)\n^n").1, "A variable of the program. Declared as integer.");
    assert_eq!(hover("(import (srfi 1))\n(xcon^s 1 2)").2, "(srfi 1)");
    assert_eq!(hover("(import (srfi 2))\n(and-let*^ ((x 1)) x)").0, "(and-let* ((name value) ...) body ...)");
}

#[test]
fn completion_offers_what_is_bound_there() {
    assert_eq!(names("(define (f number-of) (let ((number-in 1)) (+ numb^")[..2], ["number-in", "number-of"]);
    assert_eq!(names("(define (f abcx) abc^)\n(define (g abcy) 1)"), ["abcx"]);
    assert_eq!(names("(define (f abcx) (if abc^")[..], ["abcx"]);
    assert_eq!(names("(define (f abcx) (let loop ((abci 0)) (cond ((= abc^ 1)"), ["abci", "abcx"]);
    assert_eq!(names("(display abc^\n(define abclater 1)\n"), ["abclater"]);
    assert_eq!(
        names(
            "(define-syntax while (syntax-rules () ((_ t b ...) (let l () (when t b ... (l))))))\n(define (f abcx) (while #t (abc^)))"
        ),
        ["abcx"]
    );
    assert!(names("(string-app^").contains(&"string-append".to_string()));
    let offer = offers("(vector-re^ v 1)").offers.remove(0);
    assert_eq!(
        (offer.name.as_str(), offer.signature.as_str(), offer.kind),
        ("vector-ref", "(vector-ref vector index)", "procedure")
    );
    assert_eq!(offers("(vec^tor v)").range, 1..7);
    let all = names("(^");
    assert!(all.len() <= 80 && !all.iter().any(|name| name.starts_with('%')), "{all:?}");
}

#[test]
fn nothing_is_offered_in_comments_strings_and_data() {
    for text in [
        "; ca^",
        "\"ca^\"",
        "'ca^",
        "'(a ca^)",
        "(define (ca^",
        "(let ((ca^",
        "#(ca^",
        "(f #\\ca^",
        "1^",
        "(f) #| ca^ |#",
    ] {
        assert!(names(text).is_empty(), "{text}: {:?}", names(text));
    }
}

#[test]
fn names_have_classes() {
    let text = "(define (f x) (let ((y x)) (if y (car g) x)))\n(define g 1)\n(define-syntax m (syntax-rules () ((_) 1)))\n(m)";
    let index = Index::new(builtins(), &files(&[text]));
    let tokens: Vec<(&str, TokenKind)> = index
        .tokens(0)
        .into_iter()
        .map(|(range, kind)| (&text[range.start as usize..range.end as usize], kind))
        .collect();
    use TokenKind::{Builtin, Definition, Form, Global, Local, Macro, Parameter};
    let wanted = [
        ("define", Form),
        ("f", Definition),
        ("x", Parameter),
        ("let", Form),
        ("y", Local),
        ("x", Parameter),
        ("if", Form),
        ("y", Local),
        ("car", Builtin),
        ("g", Global),
        ("x", Parameter),
        ("define", Form),
        ("g", Definition),
        ("define-syntax", Form),
        ("m", Definition),
        ("m", Macro),
    ];
    assert_eq!(
        tokens.iter().filter(|(name, _)| *name != "syntax-rules").copied().collect::<Vec<_>>(),
        wanted
    );
}

#[test]
fn macros_without_an_end_are_given_up_soon() {
    let text = "(define-syntax grow (syntax-rules () ((_ x ...) (grow x ... x ... 1))))\n(define (f abcx) abcx)\n(grow 1)\n(f abc";
    let began = std::time::Instant::now();
    assert_eq!(names(&format!("{text}^")), [] as [String; 0]);
    assert_eq!(
        defined(
            "(define-syntax grow (syntax-rules () ((_ x ...) (grow x ... x ... 1))))\n(grow 1)\n(define y 1)\n^y"
        ),
        Some((3, 9))
    );
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn a_long_program_is_left_alone() {
    let long = "(define x 1)\n".repeat(60_000);
    let index = Index::new(builtins(), &files(&[&long]));
    assert!(index.tokens(0).is_empty());
    assert!(complete(builtins(), &files(&[&long]), 0, 10).offers.is_empty());
    assert!(rename(builtins(), &index, 0, 8, "y").expect_err("too long").contains("too long"));
}

proptest! {
    #[test]
    fn nothing_panics_whatever_stands_there(text in "[ ()'`,#;\"a-dx.\\\n]{0,60}", at in 0usize..60) {
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0) as u32;
        let files = files(&[&text]);
        let index = Index::new(builtins(), &files);
        index.hover(0, at);
        index.definition(0, at);
        index.tokens(0);
        let _refused = rename(builtins(), &index, 0, at, "y");
        complete(builtins(), &files, 0, at);
        crate::editing::folds(&text);
    }

    #[test]
    fn a_text_under_the_pen_is_completed_anywhere(at in 0usize..400) {
        let text = "(define (f abcx . abcy)\n  (let loop ((abci 0) (abcl '()))\n    (cond ((= abci 10) => (lambda (abcz) abcz))\n  \
                    (else (guard (e (#t e)) (receive (('item abcn) (loop (+ abci 1) (cons abcn abcl))))))))))\n";
        let text = &text[..at.min(text.len())];
        complete(builtins(), &files(&[text]), 0, text.len() as u32);
    }
}

#[test]
fn declarations_are_renamed_with_what_they_declare() {
    becomes("(: f (-> any))\n(define (f) 1)\n(f^)", "g", "(: g (-> any))\n(define (g) 1)\n(g)");
    becomes("(: ^f (-> any))\n(define (f) 1)", "g", "(: g (-> any))\n(define (g) 1)");
    let local = "(define (f) (: n^ integer) (define n 1) n)";
    becomes(local, "m", "(define (f) (: m integer) (define m 1) m)");
    let record = "(define-record-type poi^nt (make x) p? (x x))\n(: f (-> point any))\n(define (f p) p)";
    becomes(record, "spot", &record.replace('^', "").replace("point", "spot"));
}
