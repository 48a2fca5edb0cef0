//! `physics debug`, with its orders from a pipe.

use crate::{Outcome, file, physics_with};

const COUNT: &str = "(define total 0)
(define (add n)
  (set! total (+ total n))

  (let ((twice (* 2 n)))
    (vector twice n)))
(define (loop n)
  (if (< n 10)
      (begin (add n) (loop (+ n 1)))
      total))
(display (loop 0))
(newline)
";

fn debugged(name: &str, source: &str, orders: &str) -> Outcome {
    let path = file(&format!("debug/{name}.scm"), source);
    let outcome = physics_with(&["debug", &path], orders);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    outcome
}

/// All parts stand in `text`, one after the other.
#[track_caller]
fn tells(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some(at) = rest.find(part) else { panic!("`{part}` does not follow in {text}") };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_program_is_stopped_looked_at_and_changed() {
    let orders = "break 4\nbreakpoints\nrun\nwhere\nlocals\nlist 1\nnext\nset n 5\nprint (list n total)\nglobals\n\
        actors\ndisassemble\nevents\ninfo\ndelete 1\ncontinue\n";
    let outcome = debugged("looked", COUNT, orders);
    assert_eq!(outcome.err, "");
    let wanted = [
        "Breakpoint 1: ",
        "looked.scm:4, which is line 5.",
        "looked.scm:4: 0 hits",
        "looked.scm:5: a breakpoint.\n>    5    (let",
        "*  0  add ",
        "   1  loop ",
        "   2  (top level) ",
        "n = 0  (integer)",
        "     1  (define total 0)",
        "looked.scm:6: a step.",
        "n = 5\n(5 0)\n",
        "loop = #<procedure loop>  (procedure)",
        "total = 0  (integer)",
        "*    1  main: paused",
        "add\n     0  ",
        "   2  actor 1  ",
        "step",
        "looked.scm:4: 1 hits",
        "45\n",
        "The program has ended",
    ];
    tells(&outcome.out, &wanted);
}

#[test]
fn conditions_counts_and_logs_decide() {
    let orders =
        "break 3 if (= n 7)\nbreak procedure loop after 9 log at {n}, {(* n n)}\nrun\nprint n\ncontinue\n";
    let outcome = debugged("conditions", COUNT, orders);
    assert_eq!(outcome.err, "");
    tells(&outcome.out, &["conditions.scm:3: a breakpoint.", "\n7\n", ": at 9, 81\n", ": at 10, 100\n"]);
    // What is written and what is noted come by ways of their own.
    tells(&outcome.out, &["\n7\n", "45\n", "The program has ended"]);
}

#[test]
fn changes_are_watched_and_lines_run_to() {
    let source =
        "(define v (vector 1 2))\n(define n 0)\n(set! n 1)\n(vector-set! v 1 'x)\n(gc)\n(set! n 20)\n'end\n";
    let orders = "to 3\nwatch n\nwatch v[1]\nwatch (> n 10)\ncontinue\ncontinue\nopen v\nopen v zzz\nunwatch 1\nunwatch 9\ncontinue\n\
        continue\n";
    let outcome = debugged("watched", source, orders);
    let wanted = [
        "watched.scm:3: a breakpoint.",
        "Watch 1: n = 0, of actor 1.",
        "Watch 2: v[1] = 2, of actor 1.",
        "Watch 3: (> n 10), of actor 1.",
        "n was 0 and is 1.",
        "v[1] was 2 and is x.",
        "0 = 1  (integer)\n1 = x  (symbol)\n",
        "(> n 10) was #f and is #t.",
        "The program has ended: end",
    ];
    tells(&outcome.out, &wanted);
    tells(&outcome.err, &["there is no part zzz", "there is no watch 9"]);
}

#[test]
fn actors_and_their_events_are_told_apart() {
    let source = "(define me (self))
(define child
  (spawn (lambda ()
    (let ((n (receive)))
      (send me (* n n))))))
(send child 7)
(display (receive))
";
    let orders = "break send\nbreak 5 if (= n 7)\nrun\nactors\nactor 2\nactor 99\nwhere\ncontinue\nlocals\ncontinue\ncontinue\n";
    let outcome = debugged("actors", source, orders);
    tells(&outcome.out, &["Actor 1 stands at", "actors.scm:6: send.", "    2  ", "Actor 2 is looked at."]);
    tells(
        &outcome.out,
        &["Actor 2 stands at", "actors.scm:5: ", "n = 7  (integer)", "49", "The program has ended"],
    );
    tells(&outcome.err, &["there is no live actor 99; `actors` lists them"]);
}

#[test]
fn what_is_raised_and_never_caught_stops_and_an_endless_program_is_paused() {
    let source = "(define (f x)\n  (car x))\n(f 5)\n";
    let outcome = debugged("raised", source, "break uncaught\nrun\nlocals\ncontinue\nrun\nquit\n");
    tells(
        &outcome.out,
        &["raised.scm:2: uncaught.", "x = 5", "The program has failed.", "raised.scm:2: uncaught."],
    );
    tells(&outcome.err, &["car: expected a pair, got 5"]);
    let source = "(define (spin n)\n  (spin (+ n 1)))\n(spin 0)\n";
    let orders = "run for 30\nprint (> n 0)\nprint (let spin () (spin))\ncontinue for 5\nwhere\n";
    let outcome = debugged("spin", source, orders);
    tells(&outcome.out, &["paused.", "#t\n", "paused.", "spin "]);
    tells(&outcome.err, &["is given up"]);
}

#[test]
fn a_deadlock_can_be_looked_at() {
    let outcome =
        debugged("deadlock", "(define x 3)\n(receive)\n", "run\nwhere\nglobals\ncontinue\nstep\nprint x\n");
    tells(&outcome.out, &["All actors wait", "(top level)", "x = 3"]);
    tells(
        &outcome.err,
        &["deadlock: ", "`run` begins it anew", "nobody can take a step", "nobody can evaluate"],
    );
}

#[test]
fn bad_orders_say_what_to_do_and_change_nothing() {
    let orders = "fly\nwhere\ncontinue\npause\nprint 1\nwatch n\nbreak nowhere\nbreak 400\ndelete 7\nstep\nframe 9\nprint\n\
        print (car 5)\nset (x) 1\nopen nothing\nlist 4000\nactor x\ncontinue for ever\nrun\ncontinue\nto 3\n";
    let outcome = debugged("bad", COUNT, orders);
    let wanted = [
        "there is no order `fly`",
        "the program has not begun; run it first",
        "`run` begins it",
        "the program does not run",
        "has not begun",
        "`nowhere` is no place; expected LINE",
        "there is no breakpoint 7",
        "there is no frame 9",
        "expected: print EXPR",
        "car: expected a pair, got 5",
        "`(x)` is no name",
        "there is no variable nothing here",
        "has no line 4000",
        "expected: actor N",
        "for MS",
        "`continue` lets it go on",
        "`run` begins it anew",
    ];
    tells(&outcome.err, &wanted);
    tells(&outcome.out, &["bad.scm:400, where there is no code.", "a step.", "45\n"]);
}

#[test]
fn what_does_not_compile_is_reported_and_files_may_be_included() {
    let path = file("debug/broken.scm", "(define (f)\n");
    let outcome = physics_with(&["debug", &path], "run\n");
    assert_eq!(outcome.status, 1);
    assert!(outcome.err.contains("broken.scm:1:1: "), "{outcome:?}");
    file("debug/part.scm", "(define (double n)\n  (* 2 n))\n");
    let outcome = debugged(
        "whole",
        "(include \"part.scm\")\n(display (double 21))\n",
        "break part.scm:2\nrun\nwhere\ncontinue\n",
    );
    tells(&outcome.out, &["part.scm:2: a breakpoint.", "double ", "42"]);
}

#[test]
fn the_help_is_what_the_document_says() {
    let document = include_str!("../../../../docs/DEBUGGING.md");
    let help = debugged("help", "1\n", "help\n").out;
    assert!(document.contains(&help), "docs/DEBUGGING.md shows another help than this:\n{help}");
}
