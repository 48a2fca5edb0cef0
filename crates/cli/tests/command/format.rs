//! `format`.

use std::fs;

use crate::{failed, file, physics, physics_with, printed};

const UNTIDY: &str = "(define   (f x)\n(* x\n2)) ; twice\n";
const TIDY: &str = "(define (f x)\n  (* x\n     2)) ; twice\n";

#[test]
fn standard_input_goes_to_standard_output() {
    assert_eq!(printed(&physics_with(&["format"], UNTIDY)), TIDY);
    assert_eq!(printed(&physics_with(&["format", "-"], TIDY)), TIDY);
}

#[test]
fn files_are_formatted_in_place() {
    let untidy = file("format/untidy.scm", UNTIDY);
    let tidy = file("format/tidy.scm", TIDY);
    let before = fs::metadata(&tidy).and_then(|data| data.modified()).expect("a file");
    assert_eq!(printed(&physics(&["format", &untidy, &tidy])), "");
    assert_eq!(fs::read_to_string(&untidy).expect("UTF-8"), TIDY);
    let after = fs::metadata(&tidy).and_then(|data| data.modified()).expect("a file");
    assert_eq!(after, before, "a file that is laid out already is not written");
}

#[test]
fn check_lists_what_would_change_and_changes_nothing() {
    let untidy = file("format/check-untidy.scm", UNTIDY);
    let tidy = file("format/check-tidy.scm", TIDY);
    let outcome = physics(&["format", "--check", &untidy, &tidy]);
    assert_eq!(failed(&outcome), "");
    assert_eq!(outcome.out, format!("{untidy}\n"));
    assert_eq!(fs::read_to_string(&untidy).expect("UTF-8"), UNTIDY);
    assert_eq!(printed(&physics(&["format", "--check", &tidy])), "");
}

#[test]
fn a_file_that_does_not_read_is_left_alone_and_the_others_are_formatted() {
    let broken = file("format/broken.scm", "(a\n  (b\n");
    let untidy = file("format/after-broken.scm", UNTIDY);
    let outcome = physics(&["format", &broken, &untidy]);
    assert!(
        failed(&outcome).contains("broken.scm:2:3: the parenthesis opened at line 2, column 3"),
        "{outcome:?}"
    );
    assert_eq!(fs::read_to_string(&broken).expect("UTF-8"), "(a\n  (b\n");
    assert_eq!(fs::read_to_string(&untidy).expect("UTF-8"), TIDY);
    let missing = physics(&["format", "no-such-file.scm"]);
    assert!(failed(&missing).contains("no-such-file.scm: "), "{missing:?}");
}
