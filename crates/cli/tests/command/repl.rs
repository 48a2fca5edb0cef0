//! `physics repl`, with its entries from a pipe.

use crate::{Outcome, physics_with};

fn entered(options: &[&str], text: &str) -> Outcome {
    let mut line = vec!["repl"];
    line.extend(options);
    let outcome = physics_with(&line, text);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    outcome
}

#[test]
fn values_are_printed_and_definitions_persist() {
    let outcome = entered(&[], "(define (square x) (* x x))\n(define y 6)\n(square y)\n(list \"a\" y)\n");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("36\n(\"a\" 6)\n", ""));
}

#[test]
fn an_entry_goes_over_several_lines() {
    let outcome =
        entered(&["--cores", "1"], "(define (f x)\n  (let ((y 1))\n    (+ x y)))\n\n; nothing\n(f\n 41)\n");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("42\n", ""));
}

#[test]
fn macros_persist() {
    let outcome =
        entered(&[], "(define-syntax twice (syntax-rules () ((_ e) (begin e e))))\n(twice (display 1))\n");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("11", ""));
}

#[test]
fn an_error_names_its_entry_and_the_next_one_works() {
    for cores in ["1", "2"] {
        let text = "(define (f x)\n  (car x))\n(+ 1 (f 5))\n(if)\n(f '(7))\n";
        let outcome = entered(&["--cores", cores], text);
        assert_eq!(outcome.out, "7\n");
        let wanted = "entry-1:2:3: car: expected a pair, got 5\n  (car x))\n  ^\n    in (f 5), entry-1:2:3\n";
        assert!(outcome.err.starts_with(wanted), "{}", outcome.err);
        assert!(outcome.err.contains("\nentry-3:1:1: "), "{}", outcome.err);
    }
}

#[test]
fn the_last_entry_need_not_end_its_line_and_must_be_whole() {
    assert_eq!(entered(&[], "(+ 1 2)").out, "3\n");
    let outcome = entered(&[], "(+ 1 2)\n(+ 1");
    assert_eq!(outcome.out, "3\n");
    assert!(outcome.err.contains("entry-2:1:1: the parenthesis opened"), "{}", outcome.err);
}

#[test]
fn actors_go_on_between_entries() {
    let text = "(define me (self))\n\
        (define server (spawn (lambda () (let loop () (let ((n (receive))) (send me (* n n)) (loop))))))\n\
        (send server 6)\n\
        (receive)\n\
        (send server 7)\n\
        (receive)\n";
    for cores in ["1", "2"] {
        let outcome = entered(&["--cores", cores], text);
        let values: Vec<&str> = outcome.out.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
        assert_eq!(values, ["36", "49"], "{outcome:?}");
    }
}

#[test]
fn a_deadlock_is_told_and_the_world_begins_anew() {
    let outcome = entered(&[], "(define x 1)\n(receive)\n(+ 2 3)\nx\n");
    assert_eq!(outcome.out, "5\n");
    assert!(outcome.err.starts_with("entry-2:1:1: deadlock: "), "{}", outcome.err);
    assert!(outcome.err.contains("The world begins anew"), "{}", outcome.err);
    assert!(outcome.err.contains("unbound variable: x"), "{}", outcome.err);
}

#[test]
fn a_variable_without_a_value_comes_with_the_suggestion_of_its_entry() {
    let outcome = entered(&[], "(define total 5)\n(define (f) totl)\n(f)\n");
    assert!(outcome.err.contains(": unbound variable: totl (did you mean `total`?)\n"), "{}", outcome.err);
}

#[test]
fn a_limit_ends_the_entry_not_the_repl() {
    let outcome = entered(&["--reductions", "200000"], "(let loop () (loop))\n(+ 1 1)\n");
    assert_eq!(outcome.out, "2\n");
    assert!(outcome.err.contains("(setting: reductions)"), "{}", outcome.err);
}

#[test]
fn a_library_of_one_entry_is_imported_by_another() {
    let library = "(define-library (counter)\n  (export next! broken)\n  (import (scheme base))\n  (begin (define n 0)\n    (define (next!) (set! n (+ n 1)) n)\n    (define (broken) (car n))))\n";
    let text = format!("{library}(import (prefix (counter) c:))\n(c:next!)\n(c:next!)\n(c:broken)\n");
    let outcome = entered(&[], &text);
    assert_eq!(outcome.out, "1\n2\n");
    assert!(outcome.err.contains(":6:22: car: expected a pair, got 2"), "{outcome:?}");
}

#[test]
fn any_live_actor_can_be_asked() {
    let text = "(define n 1)\n\
        (define server (spawn (lambda () (let loop () (receive ((x from) (send from (+ n x)) (loop)))))))\n\
        ,actors\n\
        ,actor 2\n\
        (set! n 40)\n\
        (receive ('none 1) (after 1 'nothing))\n\
        (receive ('never 1))\n\
        (car n)\n\
        ,actor 9\n\
        ,actor 1\n\
        n\n\
        (send server (list 2 (self)))\n\
        (receive (x x))\n\
        ,actor 2\n\
        (exit 'over)\n\
        n\n\
        ,quit\n\
        (* n 7)\n";
    for cores in ["1", "2"] {
        let outcome = entered(&["--cores", cores], text);
        let wanted = [
            "*    1  main",
            "     2  entry-2:1",
            "Actor 2 evaluates what follows.",
            "nothing",
            "Actor 1 evaluates what follows.",
            "1",
            "42",
            "Actor 2 evaluates what follows.",
            "7",
        ];
        assert_eq!(outcome.out.lines().collect::<Vec<_>>(), wanted, "{outcome:?}");
        for part in [
            "it is given up",
            "car: expected a pair, got 40",
            "There is no live actor 9; ,actors lists them.",
            "the actor has ended before it answered",
            "there is no live actor 2",
            "The main actor evaluates again.",
            ",quit is no order of the REPL:",
        ] {
            assert!(outcome.err.contains(part), "{part}: {}", outcome.err);
        }
    }
}
