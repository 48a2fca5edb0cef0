//! Renaming any variable of a program leaves what the program does as it was: hygiene, seen from outside.

use bytecode::SourceFile;
use physics_tests::native::{Driver, evaluate};
use proptest::prelude::*;
use protocol::Settings;
use scheme::Builtins;
use scheme::editing::{Index, TokenKind, rename};

const FRESH: &str = "fresh-name";

fn value(source: &str) -> Result<(String, String), String> {
    evaluate(source, Settings::default(), Driver::Cooperative).map(|end| (end.value, end.output))
}

/// Renames what stands at each name of the program, and compares what the programs do. Answers how many were renamed.
fn check(builtins: &Builtins, source: &str, new_name: &str) -> Result<usize, TestCaseError> {
    let files = [SourceFile { name: "main.scm".into(), text: source.to_string() }];
    let index = Index::new(builtins, &files);
    let before = value(source);
    let mut renamed = 0;
    for (range, kind) in index.tokens(0) {
        if matches!(kind, TokenKind::Form | TokenKind::Builtin) {
            prop_assert!(rename(builtins, &index, 0, range.start, new_name).is_err());
            continue;
        }
        let Ok(edits) = rename(builtins, &index, 0, range.start, new_name) else { continue };
        let mut text = source.to_string();
        for span in edits.iter().rev() {
            text.replace_range(span.start as usize..span.end as usize, new_name);
        }
        prop_assert_eq!(&value(&text), &before, "{} became {}", source, text);
        renamed += 1;
    }
    Ok(renamed)
}

/// An expression with the names `a` to `d`, bound again and again; its value is a number, if all goes well.
fn expression() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d"]);
    let leaf = prop_oneof![3 => name().prop_map(str::to_owned), 1 => (0..9i32).prop_map(|n| n.to_string())];
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let e = || inner.clone();
        prop_oneof![
            (e(), e()).prop_map(|(x, y)| format!("(+ {x} {y})")),
            (e(), e(), e()).prop_map(|(x, y, z)| format!("(if (< {x} {y}) {z} (- {x} 1))")),
            (name(), e(), e()).prop_map(|(n, x, y)| format!("(let (({n} {x})) {y})")),
            (name(), name(), e(), e(), e())
                .prop_map(|(n, m, x, y, z)| format!("(let* (({n} {x}) ({m} {y})) {z})")),
            (name(), e(), e()).prop_map(|(n, x, y)| format!("((lambda ({n}) {x}) {y})")),
            (name(), e(), e()).prop_map(|(n, x, y)| format!("(let () (define {n} 3) (set! {n} {x}) {y})")),
            (name(), e()).prop_map(|(n, x)| format!("(do (({n} 0 (+ {n} 1))) ((> {n} 2) {x}))")),
            (e(), e()).prop_map(|(x, y)| format!("(my-or {x} {y})")),
            (name(), e(), e()).prop_map(|(n, x, y)| format!("(bind-twice {n} {x} {y})")),
            (e(), e()).prop_map(|(x, y)| format!("(least-of {x} {y})")),
            (name(), name(), e()).prop_map(|(n, m, x)| format!("(begin (swap! {n} {m}) {x})")),
            (name(), e())
                .prop_map(|(n, x)| format!("(let loop (({n} 2)) (if (< {n} 1) {x} (loop (- {n} 1))))")),
        ]
    })
}

/// Macros that bind names of their own, a helper that a template uses, and globals.
const HEAD: &str = "(define a 1) (define b 2) (define c 3) (define d 4) (define temp 5)
(define (helper x) (+ x temp))
(define-syntax my-or (syntax-rules () ((_ x y) (let ((temp x)) (if (< temp 0) temp (+ (helper y) temp))))))
(define-syntax bind-twice (syntax-rules () ((_ n x e) (let ((n x)) (+ e (let ((n (+ n 1))) e))))))
(define-syntax swap! (syntax-rules () ((_ x y) (let ((temp x)) (set! x y) (set! y temp)))))
(define-syntax least-of (er-macro-transformer (lambda (form rename compare)
  (let ((a (cadr form)) (temp (rename 'temp)))
    `(,(rename 'let) ((,temp ,a) (b ,temp)) (,(rename 'if) (,(rename '<) ,temp ,(caddr form)) (,(rename 'helper) b) ,temp))))))
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn a_fresh_name_changes_nothing(body in expression()) {
        let builtins = world::compile::foundation().builtins.clone();
        let source = format!("{HEAD}(define (f a b) {body})\n(list (f 5 6) a b c d)\n");
        let renamed = check(&builtins, &source, FRESH)?;
        // Every variable and every macro can have a name that nothing else has.
        prop_assert!(renamed > 20, "{renamed} in {source}");
    }

    #[test]
    fn a_name_in_use_is_refused_or_changes_nothing(body in expression(), name in prop::sample::select(vec!["a", "b", "temp", "x", "loop", "list"])) {
        let builtins = world::compile::foundation().builtins.clone();
        let source = format!("{HEAD}(define (f a b) {body})\n(list (f 5 6) a b c d)\n");
        check(&builtins, &source, name)?;
    }
}
