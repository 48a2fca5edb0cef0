//! `compare`.

use crate::{failed, file, physics, printed};

const PROGRAM: &str = "(define (build n) (if (= n 0) '() (cons (make-vector 10 n) (build (- n 1)))))
(define (again i) (if (> i 0) (begin (build 1000) (again (- i 1)))))
(again 30)
(display \"nobody sees this\")";

#[test]
fn a_program_runs_under_every_policy_and_its_figures_are_told() {
    let path = file("compared.scm", PROGRAM);
    for cores in ["--cores=1", "--cores=2"] {
        let outcome = physics(&["compare", cores, &path]);
        let text = printed(&outcome);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("policy ") && lines[0].ends_with("  collections"), "{text}");
        let names = ["generational", "generational-stop", "generational-copying", "copying", "mark-sweep"];
        for (name, line) in names.iter().chain(&["mark-compact"]).zip(&lines[1..]) {
            assert_eq!(line.split(' ').next(), Some(*name), "{text}");
            assert!(!line.ends_with("none") && !line.contains(';'), "{text}");
        }
        assert_eq!(lines.len(), 7, "{text}");
        assert!(
            lines[1].contains(" minor") && lines[4].contains(" copy") && lines[5].contains(" full"),
            "{text}"
        );
        assert!(!lines[4].contains(" minor") && !text.contains("nobody"), "{text}");
    }
}

#[test]
fn an_endless_program_is_stopped_in_time_and_policies_can_be_chosen() {
    let path = file("endless.scm", "(define (go) (make-vector 10) (go))\n(go)");
    let line = ["compare", "--policy", "copying", "--seconds", "1", "--policy=mark-sweep", &path];
    let outcome = physics(&line);
    let text = printed(&outcome);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with("copying ") && lines[1].ends_with("; stopped after 1 s"), "{text}");
    assert!(lines[2].starts_with("mark-sweep ") && lines[2].ends_with("; stopped after 1 s"), "{text}");
}

#[test]
fn a_program_that_sleeps_is_stopped_in_time() {
    let path = file("sleeps.scm", "(sleep 600000)");
    for cores in ["--cores=1", "--cores=2"] {
        let outcome = physics(&["compare", cores, "--policy=copying", "--seconds=1", &path]);
        assert!(printed(&outcome).ends_with("none; stopped after 1 s\n"), "{outcome:?}");
    }
}

#[test]
fn a_program_that_fails_is_told_and_counts() {
    let path = file("fails.scm", "(car 5)");
    let outcome = physics(&["compare", "--policy=copying", &path]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(outcome.out.contains("fails.scm:1:1: car: expected a pair, got 5"), "{outcome:?}");
    let path = file("broken.scm", "(car");
    let outcome = physics(&["compare", &path]);
    assert!(failed(&outcome).contains("broken.scm:1:1: the parenthesis"), "{outcome:?}");
    assert_eq!(outcome.out, "");
}
