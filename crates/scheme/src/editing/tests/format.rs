//! The formatter: what it keeps, what it changes, and that it changes nothing twice.

use crate::editing::format;
use crate::reader::{NESTING_MAX, read};
use crate::syntax::Interner;
use bytecode::SourceFile;
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    let file = SourceFile { name: "main.scm".into(), text: text.into() };
    format(&file).unwrap_or_else(|problem| panic!("{problem}"))
}

/// Every datum of a text, as `write` prints it.
fn data(text: &str) -> Vec<String> {
    let mut interner = Interner::new();
    let data = read(text, 0, &mut interner).unwrap_or_else(|problem| panic!("{}: {text}", problem.message));
    data.iter().map(|datum| datum.text(&interner, usize::MAX)).collect()
}

#[track_caller]
fn keeps(text: &str) {
    assert_eq!(formatted(text), text);
}

#[track_caller]
fn becomes(text: &str, wanted: &str) {
    assert_eq!(formatted(text), wanted);
    keeps(wanted);
}

#[test]
fn blanks_and_brackets_are_tidied() {
    becomes("( define   x\n5 )", "(define x\n  5)\n");
    becomes("(a  .  ( b ) )   (c)\n(d)", "(a . (b)) (c)\n(d)\n");
    becomes("\n\n(a)\n\n\n\n(b)\n\n", "(a)\n\n(b)\n");
    becomes("'  x ` ( a , b ,@ c )", "'x `(a ,b ,@c)\n");
    becomes(", @x", ", @x\n");
    becomes("'#0= ( a  . #0#)", "'#0=(a . #0#)\n");
    becomes("", "");
    becomes("#( 1 2 )#u8( 1 2 )", "#(1 2) #u8(1 2)\n");
}

#[test]
fn literals_keep_their_spelling() {
    keeps("(list #xFF 1e3 #e1.50 +05 #\\x41 #\\A \"a\\x41;b\\n\" |a b| #true #T)\n");
    keeps("(display \"two\n  lines\" port)\n");
}

#[test]
fn bodies_are_indented_by_two() {
    becomes(
        "(define (f x)\n(let* ((a 1)\n(b 2))\n(when (> a b) (display a)\n(newline))\n(+ a b x)))",
        "(define (f x)\n  (let* ((a 1)\n         (b 2))\n    (when (> a b)\n      (display a)\n      (newline))\n    \
         (+ a b x)))\n",
    );
    becomes(
        "(define (f x) (let loop ((i 0))\n(if (< i x)\n(loop (+ i 1)) i)))",
        "(define (f x)\n  (let loop ((i 0))\n    (if (< i x)\n        (loop (+ i 1))\n        i)))\n",
    );
    becomes(
        "(do ((i 0 (+ i 1)) (j 0))\n((= i 10)\n'done)\n(f i))",
        "(do ((i 0 (+ i 1)) (j 0))\n    ((= i 10)\n     'done)\n  (f i))\n",
    );
    keeps("(define x (vector 1\n                  2))\n");
}

#[test]
fn clauses_and_operands_stand_below_each_other() {
    becomes("(cond ((a) b) (else (c)\n(d)))", "(cond ((a) b)\n      (else\n       (c)\n       (d)))\n");
    keeps("(case x\n  ((1 2) 'low)\n  ((3) => list)\n  (else 'high))\n");
    becomes(
        "(guard (e ((symbol? e) (list e))\n(#t 'other)) (raise 'x))",
        "(guard (e ((symbol? e) (list e))\n          (#t 'other))\n  (raise 'x))\n",
    );
    keeps("(receive\n  (('take who)\n   (send who 'taken))\n  (after 10\n   'late))\n");
    keeps("(for-each\n (lambda (x)\n   (display x))\n list)\n");
    becomes("(f (lambda (x)\n(g x)) y)", "(f (lambda (x)\n     (g x))\n   y)\n");
}

#[test]
fn wide_lists_are_broken() {
    let long = "a".repeat(40);
    becomes(&format!("(f {long} {long} {long})"), &format!("(f {long} {long}\n   {long})\n"));
    becomes(
        &format!("(define (f) {long} {long} {long})"),
        &format!("(define (f)\n  {long} {long}\n  {long})\n"),
    );
    let name = "n".repeat(70);
    becomes(&format!("({name} {long})"), &format!("({name}\n {long})\n"));
}

#[test]
fn comments_stay_where_they_belong() {
    keeps(
        ";;; head\n\n;; about f\n(define (f x) ; what it does\n  ;; inside\n  x) ; after\n\n#| block\n   |#\n(g)\n",
    );
    becomes("(a ; one\n   b ; two\n)", "(a ; one\n b ; two\n )\n");
    keeps("(a)       ; columns\n(longer)  ; stay\n");
    becomes("(a\n#;(b  c)  d)", "(a\n #;(b c) d)\n");
    becomes("'; why\n x", "; why\n'x\n");
    becomes("#;#;a b c", "#;a #;b c\n");
    becomes("(a #| in |# b)", "(a #| in |# b)\n");
    keeps("#!/usr/bin/env physics\n(f)\n");
    keeps("#!fold-case\n(F)\n");
    becomes("(define x ; why\n5)   ", "(define x ; why\n  5)\n");
}

#[test]
fn macros_of_the_file_with_a_body_are_indented_like_forms() {
    let text = "(define-syntax while\n  (syntax-rules ()\n    ((_ test body ...) (let loop () (when test body ... (loop))))))\n\n\
                (while (f)\n  (g)\n  (h))\n";
    keeps(text);
    keeps("(with-lock lock\n  (f))\n");
}

#[test]
fn a_text_that_does_not_read_is_left_alone_with_a_place() {
    let file = SourceFile { name: "main.scm".into(), text: "(a\n  (b)".into() };
    let problem = format(&file).expect_err("it is not closed");
    assert_eq!((problem.file.as_str(), problem.line, problem.column), ("main.scm", 1, 1));
    assert!(problem.message.contains("not closed"), "{problem}");
}

/// Every Scheme file below a folder of the repository.
fn programs(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "scm" || extension == "sld") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(found.len() > 10, "{folder} holds programs");
    found
}

#[test]
fn every_program_here_reads_back_equal_and_settles() {
    let mut formatted_count = 0;
    for (path, text) in ["tests", "web/examples", "crates/scheme/library"].into_iter().flat_map(programs) {
        if read(&text, 0, &mut Interner::new()).is_err() {
            continue;
        }
        let out = formatted(&text);
        assert_eq!(data(&out), data(&text), "{path}");
        assert_eq!(formatted(&out), out, "{path}");
        formatted_count += 1;
    }
    assert!(formatted_count > 100, "{formatted_count}");
}

#[test]
fn the_examples_are_formatted() {
    for (path, text) in programs("web/examples") {
        assert!(formatted(&text) == text, "{path}: run `physics format {path}`");
    }
}

#[test]
fn deep_and_long_texts_take_linear_room() {
    let deep = "(a\n".repeat(NESTING_MAX) + &")".repeat(NESTING_MAX);
    let out = formatted(&deep);
    assert!(out.len() < deep.len() * 40, "{}", out.len());
    assert_eq!(formatted(&out), out);
    let wide = format!("({})", "(b c) ".repeat(100_000));
    assert!(formatted(&wide).len() < wide.len() * 2);
}

/// Something between two data.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(" ".to_string()),
        3 => Just("\n".to_string()),
        1 => Just("\n\n \n".to_string()),
        1 => Just(" ; note \n".to_string()),
        1 => Just("\n   ;; line\n\n".to_string()),
        1 => Just(" #| block |# ".to_string()),
        1 => Just("\n#| two\n lines |#\n".to_string()),
        1 => Just(" #;(left (out)) ".to_string()),
        1 => Just("\n#; 'skipped\n".to_string()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        8 => "[a-z]{1,12}[!?*]?",
        2 => prop::sample::select(vec![
            "define", "lambda", "let", "let*", "cond", "case", "do", "if", "guard", "receive", "begin", "when",
            "define-syntax", "syntax-rules", "=>", "else", "quote", "define-record-type", "cond-expand", "loop",
        ])
        .prop_map(str::to_owned),
        2 => any::<i32>().prop_map(|value| value.to_string()),
        1 => "[a-z \\n]{0,30}".prop_map(|text| format!("\"{text}\"")),
        1 => Just("#\\(".to_string()),
        1 => "[a-z]{30,60}",
    ];
    let datum = atom.prop_recursive(6, 120, 7, |inner| {
        let items = prop::collection::vec((inner.clone(), gap()), 0..7).boxed();
        prop_oneof![
            6 => (items.clone(), gap()).prop_map(|(items, first)| {
                let inside: String = items.into_iter().map(|(item, gap)| item + &gap).collect();
                format!("({first}{inside})")
            }),
            1 => items.prop_map(|items| {
                let inside: String = items.into_iter().map(|(item, gap)| item + &gap).collect();
                format!("#({inside})")
            }),
            1 => (prop::sample::select(vec!["'", "`", ",", ",@"]), gap(), inner.clone())
                .prop_map(|(quote, gap, datum)| format!("{quote}{gap}{datum}")),
            1 => (inner.clone(), gap(), inner).prop_map(|(car, gap, cdr)| format!("({car} {gap}.{gap} {cdr})")),
        ]
    });
    prop::collection::vec((datum, gap()), 0..5)
        .prop_map(|items| items.into_iter().map(|(datum, gap)| format!("{datum}{gap}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn formatted_text_reads_back_equal(text in text()) {
        prop_assert_eq!(data(&formatted(&text)), data(&text));
    }

    #[test]
    fn formatting_again_changes_nothing(text in text()) {
        let once = formatted(&text);
        prop_assert_eq!(formatted(&once), once);
    }

    #[test]
    fn comments_survive(text in text()) {
        let count = |text: &str, what: &str| text.matches(what).count();
        let out = formatted(&text);
        for what in ["; note", ";; line", "#| block |#", "#| two\n lines |#", "#;(left (out))", "#;'skipped"] {
            let before = count(&text.replace("#; 'skipped", "#;'skipped"), what);
            // A datum that is commented out may be laid out over several lines, as any other.
            let after = if what.starts_with("#;") {
                count(&out.split_whitespace().collect::<Vec<_>>().join(" "), what)
            } else {
                count(&out, what)
            };
            prop_assert!(after == before, "{}", what);
        }
    }

    #[test]
    fn no_text_makes_the_formatter_panic(text in "[ ()'`,#;|\"a\\\\\n.@!0-9x]{0,40}") {
        let file = SourceFile { name: String::new(), text };
        if let Ok(out) = format(&file) {
            prop_assert_eq!(data(&out), data(&file.text));
        }
    }
}
