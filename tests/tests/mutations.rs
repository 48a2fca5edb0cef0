//! Reader, expander and compiler bear any text: programs of people and random ones, with parts cut out, doubled, moved
//! and mixed in. Whatever comes, there is an answer (a program that verifies, or errors) soon and in little memory.
//!
//! `PHYSICS_MUTATIONS` is the number of texts, `PHYSICS_SEED` the seed of the first.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytecode::SourceFile;
use physics_tests::generate::{Random, program};
use physics_tests::sources;
use scheme::{Builtins, Session};

/// Longest time for one text: what may expand to the bound on macros takes the longest, unoptimised and on a busy machine.
const TEXT_SECONDS_MAX: u64 = 30;
/// Most memory at any time, with all that the test itself holds.
const MEMORY_KIB_MAX: u64 = 1 << 20;
/// Longest text that is mutated.
const TEXT_BYTES_MAX: usize = 60_000;

/// Pieces that mean much to a reader or an expander.
const PIECES: &[&str] = &[
    "(",
    ")",
    "'",
    "`",
    ",",
    ",@",
    "#(",
    "#u8(",
    "#;",
    "#|",
    "|#",
    "\"",
    "\\",
    "|",
    ".",
    " . ",
    "#\\",
    "#\\x110000",
    "#0=",
    "#0#",
    "#1=(#0# . #1#)",
    "...",
    "_",
    "=>",
    "else",
    "#!fold-case ",
    "#!eof",
    "[",
    "}",
    "\u{0}",
    "é",
    "\u{10ffff}",
    "1e400",
    "#e1e400",
    "#e1e99999999",
    "1/0",
    "-0.0",
    "+nan.0",
    "#xfffffffffffffffffff",
    "99999999999999999999",
    "(define-syntax m (syntax-rules () ((_ x ...) (m x ... x ...))))(m 1)",
    "(define-syntax m (syntax-rules () ((_ (a ...) ...) '((a ... ...) ...))))(m (1) (2 3))",
    "(define-syntax m (er-macro-transformer (lambda (form rename compare) (append form form))))(m 1)",
    "(let-syntax ((m (er-macro-transformer (lambda (f r c) (list (r 'quote) (r f)))))) (m . 1))",
    "(define-syntax m (er-macro-transformer (lambda (form rename compare)",
    "(rename '",
    "(let-syntax ((if (syntax-rules () ((_ x) x)))) (if 1))",
    "(define-library (a) (export b) (import (a)))(import (a))",
    "(define-record-type a (b c) d (c e f))",
    "(receive ((x . y) (where x) y) (after 1 2))",
    "(guard (e (#t e)) (raise e))",
    "(import (only (scheme base) car))",
    "(begin",
    "(lambda",
    "(define",
    "(let loop ((",
    "(case-lambda",
    "(do ((i 0",
    "(parameterize",
    "(define-values",
    "(let*-values",
    "(quasiquote",
    "(unquote-splicing",
    "(include \"x\")",
    "(cond-expand (full-unicode 1))",
    "(syntax-rules",
    "(let-syntax",
    "(letrec-syntax",
    "(define-syntax",
];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A place in `text` where a character begins.
fn place(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Some part of `text`, mostly a short one.
fn part(text: &str, random: &mut Random) -> (usize, usize) {
    let from = place(text, random);
    let length = if random.below(4) == 0 { random.below(text.len() + 1) } else { random.below(40) };
    let mut to = text.len().min(from + length);
    while !text.is_char_boundary(to) {
        to += 1;
    }
    (from, to)
}

fn mutate(text: &mut String, others: &[String], random: &mut Random) {
    let at = place(text, random);
    match random.below(8) {
        0 => {
            let (from, to) = part(text, random);
            text.replace_range(from..to, "");
        }
        1 => {
            let (from, to) = part(text, random);
            let copy = text[from..to].to_string();
            text.insert_str(at, &copy);
        }
        2 => {
            let other = &others[random.below(others.len())];
            let (from, to) = part(other, random);
            text.insert_str(at, &other[from..to]);
        }
        3 => {
            let piece = random.pick(PIECES);
            text.insert_str(at, &piece.repeat(1 + random.below(20_000 / piece.len())));
        }
        4 => text.truncate(at),
        5 => {
            let character = char::from_u32(random.below(0x3000) as u32).unwrap_or('x');
            text.insert(at, character);
        }
        _ => text.insert_str(at, random.pick(PIECES)),
    }
}

/// Compiles a text; answers what is wrong with the compiler, if anything is.
fn fault(builtins: &Arc<Builtins>, text: &str) -> Option<String> {
    scheme::is_complete(text);
    let file = SourceFile { name: "mutated.scm".into(), text: text.into() };
    match Session::new(builtins.clone()).compile(&[file]) {
        Ok(compiled) => match bytecode::verify(&compiled.program) {
            Ok(()) => None,
            Err(error) => Some(format!("the bytecode does not verify: {error}")),
        },
        Err(errors) if errors.is_empty() => Some("it fails without an error".to_string()),
        Err(errors) => {
            let outside =
                |error: &&scheme::Diagnostic| error.span.end as usize > text.len() || error.line == 0;
            errors.iter().find(outside).map(|error| format!("the place is not in the text: {error}"))
        }
    }
}

/// The most memory that this process ever used; 0 where the system does not say.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn any_text_is_answered_soon_and_in_little_memory() {
    let (count, seed) = (number("PHYSICS_MUTATIONS", 1_500), number("PHYSICS_SEED", 1));
    let mut texts: Vec<String> = ["tests/programs", "tests/conformance", "web/examples"]
        .into_iter()
        .flat_map(sources)
        .filter(|source| source.extension() == "scm" && source.text.len() <= TEXT_BYTES_MAX)
        .map(|source| source.text)
        .collect();
    assert!(texts.len() > 200, "{} programs", texts.len());
    texts.extend((0..20).map(|seed| program(seed, 5)));
    let builtins = world::compile::foundation().builtins.clone();
    let (asked, questions) = mpsc::channel::<String>();
    let (answered, answers) = mpsc::channel();
    // A thread as the system gives it: its stack has to do.
    let worker = thread::spawn(move || {
        for text in questions {
            if answered.send(fault(&builtins, &text)).is_err() {
                break;
            }
        }
    });
    for seed in seed..seed + count {
        let mut random = Random(seed);
        let mut text = texts[random.below(texts.len())].clone();
        for _ in 0..1 + random.below(6) {
            mutate(&mut text, &texts, &mut random);
        }
        let began = Instant::now();
        asked.send(text.clone()).expect("the worker lives");
        let outcome = answers.recv_timeout(Duration::from_secs(TEXT_SECONDS_MAX));
        let shown: String = text.chars().take(2_000).collect();
        match outcome {
            Ok(None) => {}
            Ok(Some(fault)) => panic!("seed {seed}: {fault}\n{shown}"),
            Err(_) if worker.is_finished() => panic!("seed {seed}: the compiler panicked\n{shown}"),
            Err(_) => panic!("seed {seed}: no answer after {:?}\n{shown}", began.elapsed()),
        }
        let peak = peak_kib();
        assert!(peak < MEMORY_KIB_MAX, "seed {seed}: {peak} KiB\n{shown}");
    }
    drop(asked);
    assert!(worker.join().is_ok());
}
