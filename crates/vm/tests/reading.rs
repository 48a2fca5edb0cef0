//! `read` gives back what `write` wrote, for data of all types, trees and graphs; and so does the reader of programs.

mod common;

use common::value_of;
use proptest::prelude::*;

/// Expressions that make data without the reader's help: from code points, bits and parts.
fn expression() -> impl Strategy<Value = String> {
    let character = prop_oneof![0_u32..0x80, 0_u32..0x3000, 0xe000_u32..0x1_1000, Just(0x10_ffff)]
        .prop_map(|code| char::from_u32(code).map_or(0x20, u32::from));
    let string = prop::collection::vec(character.clone(), 0..8).prop_map(|codes| {
        let characters: Vec<String> = codes.iter().map(|code| format!("(integer->char {code})")).collect();
        format!("(string {})", characters.join(" "))
    });
    // Texts that look like something else when they are names.
    let odd = prop::sample::select(vec![
        "1", "-1", "+", "-", "...", "1+", "+a", ".", "..", "1/2", "#t", "#", "a b", "", "A", "a|b", "'a",
        "+i", "-inf.0", "+inf.0x", "1e3", "e3", "\\\\", "#!eof", ";x", "(", "|", "#\\\\a", "+nan.0", "-.5",
        ".5a", "{", "0x1",
    ]);
    let symbol = prop_oneof![
        string.clone().prop_map(|string| format!("(string->symbol {string})")),
        odd.prop_map(|text| format!("(string->symbol \"{text}\")")),
    ];
    let number = prop_oneof![
        any::<i64>().prop_map(|value| value.to_string()),
        any::<i128>().prop_map(|value| value.to_string()),
        (any::<i64>(), 1_u64..).prop_map(|(top, bottom)| format!("(/ {top} {bottom})")),
        any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(|value| match value {
            f64::INFINITY => "+inf.0".to_string(),
            f64::NEG_INFINITY => "-inf.0".to_string(),
            _ => format!("{value:?}"),
        }),
        prop::sample::select(vec![
            "0.0",
            "-0.0",
            "+nan.0",
            "5e-324",
            "1e21",
            "1e22",
            "1.7976931348623157e308"
        ])
        .prop_map(String::from),
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| {
        format!("(bytevector {})", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" "))
    });
    let atom = prop_oneof![
        4 => number,
        2 => string,
        3 => symbol,
        2 => character.prop_map(|code| format!("(integer->char {code})")),
        1 => bytes,
        1 => prop::sample::select(vec!["#t", "#f", "'()", "'quote", "'unquote", "'quasiquote", "'unquote-splicing"])
            .prop_map(String::from),
    ];
    atom.prop_recursive(4, 24, 5, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            items.clone().prop_map(|items| format!("(list {})", items.join(" "))),
            items.prop_map(|items| format!("(vector {})", items.join(" "))),
            (inner.clone(), inner.clone()).prop_map(|(car, cdr)| format!("(cons {car} {cdr})")),
            (prop::sample::select(vec!["quote", "quasiquote", "unquote", "unquote-splicing"]), inner)
                .prop_map(|(name, inner)| format!("(list '{name} {inner})")),
        ]
    })
}

/// An expression that makes nodes and joins them at random: pairs and vectors, with cycles and shared parts.
fn graph() -> impl Strategy<Value = String> {
    let fields = prop::collection::vec((any::<bool>(), 0_usize..8, 0_usize..8, 0_usize..12), 8);
    fields.prop_map(|nodes| {
        let mut text = String::from("(let ((nodes (vector");
        for (is_pair, ..) in &nodes {
            text.push_str(if *is_pair { " (cons 1 2)" } else { " (vector 1 'a \"s\")" });
        }
        text.push_str("))) ");
        for (at, (is_pair, first, second, third)) in nodes.iter().enumerate() {
            let node = format!("(vector-ref nodes {at})");
            let (set_first, set_second) = if *is_pair {
                (format!("set-car! {node}"), format!("set-cdr! {node}"))
            } else {
                (format!("vector-set! {node} 0"), format!("vector-set! {node} 1"))
            };
            text.push_str(&format!("({set_first} (vector-ref nodes {first})) "));
            let atom = if *third < 8 { format!("(vector-ref nodes {second})") } else { third.to_string() };
            text.push_str(&format!("({set_second} {atom}) "));
        }
        text + "(vector-ref nodes 0))"
    })
}

/// A program that writes `value` with `write`, reads that, compares, and answers the text.
fn there_and_back(value: &str, write: &str) -> String {
    format!(
        "(let* ((x {value})
                (text (lambda (x) (let ((out (open-output-string))) ({write} x out) (get-output-string out))))
                (port (open-input-string (text x)))
                (y (read port)))
           (if (and (equal? x y) (equal? (text x) (text y)) (eof-object? (read port))) (text x) (list 'differs x y)))"
    )
}

/// The text of a value that `there_and_back` answered, or what differs.
fn text_in(answer: &str) -> Result<String, TestCaseError> {
    let quoted = answer.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    prop_assert!(quoted.is_some(), "{}", answer);
    Ok(answer.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn data_of_all_types_read_back(value in expression()) {
        for write in ["write", "write-shared", "write-simple"] {
            text_in(&value_of(&there_and_back(&value, write)))?;
        }
    }

    #[test]
    fn graphs_read_back(value in graph()) {
        for write in ["write", "write-shared"] {
            text_in(&value_of(&there_and_back(&value, write)))?;
        }
    }

    #[test]
    fn programs_may_hold_what_is_written(value in prop_oneof![expression(), graph()]) {
        let text = text_in(&value_of(&there_and_back(&value, "write")))?;
        let source = format!("(equal? {value} '{})", unquoted(&text));
        prop_assert_eq!(value_of(&source), "#t", "{}", source);
    }

    #[test]
    fn numbers_read_back_in_every_radix(top in any::<i128>(), bottom in 1_i64.., float in any::<f64>(), radix in 2_u32..=36) {
        let float = if float.is_finite() { format!("{float:?}") } else { "+inf.0".to_string() };
        // Floats are written with radix 10 only.
        for (number, radix) in [(format!("{top}"), radix), (format!("(/ {top} {bottom})"), radix), (float, 10)] {
            let source = format!("(let ((n {number})) (eqv? n (string->number (number->string n {radix}) {radix})))");
            prop_assert_eq!(value_of(&source), "#t", "{}", source);
        }
    }
}

/// The text that a written string literal stands for.
fn unquoted(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal[1..literal.len() - 1].chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('a') => text.push('\u{7}'),
            Some('b') => text.push('\u{8}'),
            Some('x') => {
                let digits: String = rest.by_ref().take_while(|digit| *digit != ';').collect();
                let code = u32::from_str_radix(&digits, 16).expect("hexadecimal digits");
                text.extend(char::from_u32(code));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
