//! `physics run` and `physics disassemble`.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::{failed, file, physics, physics_with, printed};

#[test]
fn a_program_writes_to_standard_output_and_its_value_does_not() {
    let path = file("hello.scm", "(display \"Hello\")\n(newline)\n42\n");
    assert_eq!(printed(&physics(&["run", &path])), "Hello\n");
}

#[test]
fn files_run_in_order_as_one_program() {
    let library = file("library.scm", "(define (twice x) (* 2 x))\n");
    let main = file("main.scm", "(write (twice 21))\n");
    assert_eq!(printed(&physics(&["run", &library, &main])), "42");
}

#[test]
fn files_include_others_beside_them() {
    file("included/inner.scm", "(define Inner 2)\n(car inner)\n");
    file("included/body.sld", "(include-ci \"inner.scm\")\n");
    file("included/exports.scm", "(export inner)\n");
    let library = "(define-library (parts) (import (scheme base)) (include-library-declarations \"included/exports.scm\")
        (include \"included/body.sld\"))\n(import (parts))\n(write inner)\n";
    let main = file("includes.scm", library);
    let outcome = physics(&["run", &main]);
    let place = main.replace("includes.scm", "included/inner.scm:2:1: car: expected a pair, got 2\n");
    assert!(failed(&outcome).starts_with(&place), "{outcome:?}");
    file("included/inner.scm", "(define Inner 2)\n");
    assert_eq!(printed(&physics(&["run", &main])), "2");
    let missing = file("missing.scm", "(include \"nowhere.scm\")\n");
    let wanted = format!("{missing}:1:10: `nowhere.scm` cannot be included: ");
    assert!(failed(&physics(&["run", &missing])).starts_with(&wanted));
    let endless = file("endless.scm", "(include \"endless.scm\")\n");
    assert!(failed(&physics(&["run", &endless])).contains("files include each other without end"));
}

#[test]
fn a_file_may_be_standard_input() {
    let library = file("stdin-library.scm", "(define greeting \"hi\")\n");
    assert_eq!(printed(&physics_with(&["run", &library, "-"], "(display greeting)")), "hi");
}

#[test]
fn an_error_shows_place_line_caret_and_calls() {
    let text = "(define (inner x)\n  (car x))\n(define (outer x)\n  (+ 1 (inner x)))\n(display \"before\\n\")\n(outer 5)\n";
    let path = file("calls.scm", text);
    let outcome = physics(&["run", &path]);
    let wanted = format!(
        "{path}:2:3: car: expected a pair, got 5\n  (car x))\n  ^\n    in (inner 5), {path}:2:3\n    in (outer 5), {path}:4:8\n    at the top level, {path}:6:1\n"
    );
    assert_eq!(failed(&outcome), wanted);
    assert_eq!(outcome.out, "before\n");
}

#[test]
fn an_error_in_the_second_file_names_that_file() {
    let first = file("first.scm", "(define x 5)\n");
    let second = file("second.scm", "\n(vector-ref x 0)\n");
    let outcome = physics(&["run", &first, &second]);
    assert!(failed(&outcome).starts_with(&format!("{second}:2:1: vector-ref: ")), "{outcome:?}");
    assert!(failed(&outcome).contains("\n(vector-ref x 0)\n^\n"), "{outcome:?}");
}

#[test]
fn a_deadlock_is_a_failure() {
    let path = file("deadlock.scm", "(display \"waiting\")\n(receive)\n");
    let outcome = physics(&["run", &path]);
    assert!(failed(&outcome).starts_with(&format!("{path}:2:1: deadlock: ")), "{outcome:?}");
    assert_eq!(outcome.out, "waiting");
}

#[test]
fn another_actors_error_goes_to_standard_error_and_the_program_goes_on() {
    let path = file(
        "crash.scm",
        "(define child (spawn (lambda ()\n  (car 'x))))\n(receive (after 50 (display \"alive\")))\n",
    );
    let outcome = physics(&["run", &path]);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "alive"), "{outcome:?}");
    assert!(
        outcome.err.starts_with(&format!("{path}:2:3: car: expected a pair, got x [actor 2")),
        "{outcome:?}"
    );
}

#[test]
fn the_end_of_the_main_actor_ends_the_others() {
    let path = file("stops.scm", "(spawn (lambda () (let loop () (loop))))\n(display \"done\")\n");
    for cores in ["1", "2"] {
        assert_eq!(printed(&physics(&["run", "--cores", cores, &path])), "done");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let outcome = physics(&["run", "no-such-file.scm"]);
    assert!(failed(&outcome).starts_with("physics: no-such-file.scm: "), "{outcome:?}");
}

#[test]
fn a_file_that_is_not_text_is_named_with_the_line() {
    let path = format!("{}/latin.scm", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, b"(define x 1)\n(display \"\xe9\")\n").expect("a writable folder");
    assert_eq!(failed(&physics(&["run", &path])), format!("physics: {path}: line 2 is not UTF-8\n"));
}

#[test]
fn output_arrives_while_the_program_runs() {
    for cores in ["1", "2"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_physics"))
            .args(["eval", "--cores", cores, "(display \"first\\n\") (let loop () (loop))"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut line).expect("readable");
        child.kill().expect("it still runs");
        child.wait().expect("it ends");
        assert_eq!(line, "first\n");
    }
}

#[test]
fn a_closed_standard_output_ends_it_quietly() {
    for cores in ["1", "2"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_physics"))
            .args([
                "eval",
                "--cores",
                cores,
                "--output",
                "1000000000",
                "(let loop () (display \"line\\n\") (loop))",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut begin = [0; 5];
        child.stdout.take().expect("it is piped").read_exact(&mut begin).expect("readable");
        let outcome = child.wait_with_output().expect("it ends");
        assert_eq!((outcome.status.code(), outcome.stderr.as_slice()), (Some(0), &b""[..]));
    }
}

#[test]
fn a_closed_standard_input_is_an_empty_program() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_physics"))
        .args(["run", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("it is piped").flush().expect("writable");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn disassemble_prints_bytecode_and_runs_nothing() {
    let path = file("square.scm", "(define (square x) (* x x))\n(display \"ran\")\n(square 5)\n");
    let outcome = physics(&["disassemble", &path]);
    let text = printed(&outcome);
    assert!(text.contains(": square, line 1: 1 argument"), "{text}");
    assert!(text.contains("Return") && text.contains("; builtin display"), "{text}");
    assert!(!text.starts_with("ran"));
}

#[test]
fn passes_can_be_left_out_and_change_no_answer() {
    let text = "(define (f n)
  (define (twice x) (* 2 x))
  (let loop ((i 0)) (if (< i (+ 2 3)) (loop (+ i 1)) (twice (+ i n)))))
(display (f 5))\n";
    let path = file("passes.scm", text);
    let mut listings = Vec::new();
    for passes in ["known", "fold", "loops", "known,fold,loops"] {
        assert_eq!(printed(&physics(&["run", "--without", passes, &path])), "20");
        listings.push(printed(&physics(&["disassemble", "--without", passes, &path])).to_string());
    }
    listings.push(printed(&physics(&["disassemble", &path])).to_string());
    for (index, listing) in listings.iter().enumerate() {
        assert!(!listings[..index].contains(listing), "each pass does something here: {listing}");
    }
}

#[test]
fn disassemble_reports_what_does_not_compile() {
    let path = file("broken.scm", "(define x 1)\n(let ((x 1 2)) x)\n");
    assert!(failed(&physics(&["disassemble", &path])).starts_with(&format!("{path}:2:")));
}

#[test]
fn a_test_that_does_not_pass_is_told_with_its_place_and_ends_with_1() {
    let text = "(import (srfi 64))\n(define (check n)\n  (test-eqv \"doubled\" 4 (* 2 n))\n  n)\n(test-begin \"numbers\")\n\
        (check 2)\n(check 3)\n(test-expect-fail 1)\n(test-assert \"known\" #t)\n\
        (define (last n)\n  (if (= n 0)\n      (test-assert \"last\" #f)\n      (last (- n 1))))\n(last 2)\n(test-end)\n";
    let path = file("tests.scm", text);
    let outcome = physics(&["run", &path]);
    let wanted = format!(
        "{path}:3:3: the test numbers / doubled failed\n{path}:9:1: the test numbers / known passed, although it should fail\n\
         {path}:12:7: the test numbers / last failed\n"
    );
    assert_eq!(failed(&outcome), wanted);
    assert!(outcome.out.contains("# of unexpected failures  2\n"), "{outcome:?}");
    let good =
        file("good-tests.scm", "(import (srfi 64))\n(test-begin \"all\")\n(test-assert #t)\n(test-end)\n");
    assert!(printed(&physics(&["run", &good])).contains("# of expected passes      1\n"));
}

#[test]
fn an_error_is_explained_on_request() {
    let path = file(
        "explained.scm",
        "(define (down n) (if (= n 0) (vector-ref (vector 1) 'first) (+ 1 (down (- n 1)))))\n(down 3)\n",
    );
    let plain = failed(&physics(&["run", &path])).to_string();
    let explained = failed(&physics(&["run", "--explain", &path])).to_string();
    assert!(!plain.contains("operand") && explained.starts_with(&plain), "{explained}");
    for part in [
        "  kind: type-error\n",
        "  operation: vector-ref, operand 2\n",
        "  expected: an index\n",
        "  actual: first (symbol)\n",
        " (down), offset ",
        "  depth: 5 calls, 4 of the same procedure\n",
        " of 268435456 bytes\n",
        " left of the slice\n",
    ] {
        assert!(explained.contains(part), "{part} in {explained}");
    }
    let full = file("full.scm", "(define (deeper n) (+ 1 (deeper n)))\n(deeper 0)\n");
    let told = failed(&physics(&["run", "--explain", "--stack", "100k", &full])).to_string();
    assert!(told.contains("  kind: stack-limit\n") && told.contains("  limit: "), "{told}");
    assert!(physics(&["repl", "--explain"]).err.contains("does not take --explain"));
}

#[test]
fn what_memoized_procedures_remembered_is_told_on_request() {
    let path = file(
        "memo.scm",
        "(define-memoized (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2)))))\n(f 30)\n(define g (memoize car 2))\n",
    );
    let outcome = physics(&["run", "--memo-stats", &path]);
    let wanted = "memo: f: 28 hits in 59 calls (47 %), 0 forgotten, 31 of at most 1000 known\n\
                  memo: g: 0 hits in 0 calls (0 %), 0 forgotten, 0 of at most 2 known\n";
    assert_eq!((outcome.status, &outcome.err[..]), (0, wanted));
    let none = physics(&["run", "--memo-stats", &file("no-memo.scm", "(define x 1)\n")]);
    assert_eq!(none.err, "memo: no global variable holds a memoized procedure\n");
    assert!(physics(&["repl", "--memo-stats"]).err.contains("does not take --memo-stats"));
}

#[test]
fn declared_types_leave_tail_calls_and_can_be_left_unchecked() {
    let path = file(
        "declared.scm",
        "(: even-number? (-> integer boolean))\n(: odd-number? (-> integer boolean))\n\
         (define (even-number? n) (or (= n 0) (odd-number? (- n 1))))\n\
         (define (odd-number? n) (and (not (= n 0)) (even-number? (- n 1))))\n\
         (: down (-> integer symbol))\n(define (down n) (cond ((= n 0) 'done) (else (down (- n 1)))))\n\
         (display (list (even-number? 300000) (down 300000)))\n",
    );
    // A frame for each call would need about 1,000,000 words.
    assert_eq!(printed(&physics(&["run", "--stack", "20k", &path])), "(#t done)");
    let wrong = file(
        "unchecked.scm",
        "(: same (-> integer integer))\n(define (same x) x)\n(display (same (car '(a))))\n",
    );
    let told = failed(&physics(&["run", &wrong])).to_string();
    let place =
        format!("{wrong}:3:10: same: expected an integer as argument 1 (declared in line 1), got a\n");
    assert!(told.starts_with(&place), "{told}");
    assert_eq!(printed(&physics(&["run", "--no-type-checks", &wrong])), "a");
}
