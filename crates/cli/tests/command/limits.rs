//! Limits: each names itself, the place, and the setting that moves it.

use crate::{failed, physics};

/// Runs `program` with an option, the first of `option`, and checks that the error names it and the actor.
#[track_caller]
fn reaches(option: &[&str], program: &str, place: &str, words: &[&str]) {
    let mut line = vec!["eval"];
    line.extend(option);
    line.push(program);
    let outcome = physics(&line);
    let error = failed(&outcome);
    let setting = format!("(setting: {})", option[0].trim_start_matches('-'));
    assert!(error.starts_with(&format!("<expression>:{place}: ")), "{error}");
    for word in words.iter().copied().chain(["[actor 1, main]", &setting]) {
        assert!(error.contains(word), "{error} lacks {word}");
    }
    let caret = error.lines().nth(2).expect("place, line and caret");
    assert_eq!(caret.trim_start(), "^", "{error}");
}

#[test]
fn the_heap() {
    let program = "(let loop ((l '()))\n  (loop (cons l l)))";
    reaches(&["--heap", "1M"], program, "2:9", &["the heap is full", "131072 words"]);
}

#[test]
fn the_stack() {
    let program = "(define (f n)\n  (+ 1 (f n)))\n(f 1)";
    let words = ["the stack is full", "131072 words", "times)"];
    reaches(&["--stack", "1M"], program, "2:8", &words);
}

#[test]
fn reductions() {
    let words = ["the reductions are used up", "100000"];
    for cores in ["1", "2"] {
        reaches(&["--reductions", "100000", "--cores", cores], "(let loop () (loop))", "1:14", &words);
    }
}

#[test]
fn actors() {
    let program = "(let loop () (spawn (lambda () (receive))) (loop))";
    reaches(&["--actors", "100"], program, "1:14", &["100 actors are alive"]);
}

#[test]
fn messages_in_a_mailbox() {
    let program = "(let loop () (send (self) 1) (loop))";
    reaches(&["--mailbox", "50"], program, "1:14", &["mailbox is full", "50 messages"]);
}

#[test]
fn bytes_in_a_mailbox() {
    let program = "(let loop () (send (self) (make-vector 100 0)) (loop))";
    reaches(&["--mailbox-bytes", "64K"], program, "1:14", &["mailbox is full", "65536 bytes"]);
}

#[test]
fn memory_of_all_actors() {
    let program = "(let loop ((l '()))\n  (loop (cons l l)))";
    reaches(&["--memory", "32M", "--heap", "1G"], program, "2:9", &["memory is used up", "33554432 bytes"]);
}

#[test]
fn an_object_too_large_for_any_heap_names_no_setting() {
    let outcome = physics(&["eval", "--heap", "64G", "(make-vector 1000000000000 0)"]);
    let error = failed(&outcome);
    assert!(!error.contains("setting"), "{error}");
}

#[test]
fn output_is_cut_with_a_notice_and_the_program_goes_on() {
    let outcome = physics(&[
        "eval",
        "--output",
        "10",
        "(let loop ((i 0)) (if (< i 9) (begin (display \"abc\") (loop (+ i 1))) 'end))",
    ]);
    assert_eq!(outcome.out, "abcabcabca\n[output cut after 10 characters (setting: output)]\nend\n");
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""));
}

#[test]
fn a_neighbour_at_its_limit_harms_nobody() {
    let program = "(spawn (lambda () (let loop ((l '())) (loop (cons l l)))))\n(receive (after 300 'alive))";
    let outcome = physics(&["eval", "--heap", "1M", program]);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "alive\n"), "{outcome:?}");
    assert!(outcome.err.contains("the heap is full"), "{outcome:?}");
    assert!(outcome.err.contains("[actor 2, <expression>:1]"), "{outcome:?}");
}

#[test]
fn a_program_may_handle_its_limit() {
    let program = "(guard (e (#t (list 'full (error-object? e)))) (let loop ((l '())) (loop (cons l l))))";
    let outcome = physics(&["eval", "--heap", "1M", program]);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "(full #t)\n"), "{outcome:?}");
}

#[test]
fn a_million_actors_are_an_error_and_no_more() {
    let program =
        "(define (go n) (if (> n 0) (begin (spawn (lambda () (receive))) (go (- n 1))))) (go 1000000)";
    reaches(&["--actors", "262144"], program, "1:35", &["262144 actors are alive"]);
}
