//! `run --heap-snapshot` and `heap`.

use std::fs;

use crate::{failed, file, physics, printed};

const PROGRAM: &str =
    "(define all (map (lambda (n) (string-append \"text \" (number->string n))) (iota LENGTH)))
(define (wait) (receive (x x)))
(begin (spawn wait) 'nobody-knows-it)
(length all)";

/// Runs a program whose list has so many elements, and answers its snapshot's path.
fn snapshot(name: &str, length: usize) -> String {
    let program = file(&format!("{name}.scm"), &PROGRAM.replace("LENGTH", &length.to_string()));
    let path = file(&format!("{name}.heap"), "");
    let outcome = physics(&["run", "--cores", "1", "--heap-snapshot", &path, &program]);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, ""), "{outcome:?}");
    assert!(
        outcome
            .err
            .contains(&format!("{name}.scm:3) waits, was never sent anything, and nobody can reach it")),
        "{outcome:?}"
    );
    path
}

/// The number after `object ` in the line that contains `text`.
fn object_in(printed: &str, text: &str) -> String {
    let line = printed.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{printed}"));
    let after = &line[line.find("object ").expect("an object") + 7..];
    after.chars().take_while(char::is_ascii_digit).collect()
}

#[test]
fn a_snapshot_tells_what_it_holds_and_how_that_is_reached() {
    let path = snapshot("heap-one", 50);
    let outcome = physics(&["heap", &path]);
    let text = printed(&outcome);
    assert!(text.starts_with("actor 1 (main) after "), "{text}");
    for wanted in ["By type:", " 50 pair", "What keeps most alive:", "global all: object", "state "] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let head = object_in(text, "global all:");
    let outcome = physics(&["heap", "--path", &head, &path]);
    let text = printed(&outcome);
    assert!(text.contains("Reached from global all:"), "{text}");
    assert!(text.contains("car: object") && text.contains("\"text 0\""), "{text}");
    let second = object_in(text, "cdr: object");
    let outcome = physics(&["heap", "--path", &second, &path]);
    let text = printed(&outcome);
    assert!(text.contains(&format!("Every way to it leads through object {head}.")), "{text}");
    assert!(text.contains(&format!("Referred to by:\n  cdr: object {head}")), "{text}");
    let outcome = physics(&["heap", "--path", "4000000", &path]);
    assert!(failed(&outcome).contains("no object 4000000"), "{outcome:?}");
}

#[test]
fn two_snapshots_tell_what_grew() {
    let (older, newer) = (snapshot("heap-small", 10), snapshot("heap-large", 210));
    let outcome = physics(&["heap", &older, &newer]);
    let text = printed(&outcome);
    assert!(text.contains("Growth by type:"), "{text}");
    let pairs = text.lines().find(|line| line.contains("pair")).expect("pairs");
    assert!(pairs.contains("+600 words") && pairs.contains("+200 objects"), "{pairs}");
    let shrunk = physics(&["heap", &newer, &older]);
    assert!(printed(&shrunk).contains("-200 objects"), "{shrunk:?}");
}

#[test]
fn what_is_no_snapshot_is_an_error_that_says_why() {
    let path = snapshot("heap-bad", 10);
    let good = fs::read(&path).expect("it was written");
    let attempt = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a writable folder");
        let outcome = physics(&["heap", &path]);
        assert!(outcome.out.is_empty(), "{outcome:?}");
        failed(&outcome).to_string()
    };
    assert!(attempt(b"(define x 1)").contains("this is no heap image"));
    assert!(attempt(&good[..good.len() / 2]).contains("is missing"));
    let mut damaged = good.clone();
    damaged[good.len() / 2] ^= 4;
    assert!(attempt(&damaged).contains("checksum"));
    let outcome = physics(&["heap", "/no/such/file"]);
    assert!(failed(&outcome).contains("/no/such/file"), "{outcome:?}");
    let program = file("heap-failing.scm", "(car 1)");
    let outcome = physics(&["run", "--heap-snapshot", "/no/such/folder/x.heap", &program]);
    assert!(failed(&outcome).contains("/no/such/folder/x.heap"), "{outcome:?}");
    let outcome = physics(&["run", "--heap-snapshot", &path, "--heap-actor", "99", &program]);
    assert!(failed(&outcome).contains("no live actor 99"), "{outcome:?}");
}

#[test]
fn sites_tell_which_line_made_what_and_what_grew_where() {
    let program = "(define (pairs n) ; line 1
  (let next ((n n) (made '()))
    (if (= n 0) made
        (next (- n 1) (cons n made))))) ; line 4
(define doubled (lambda (list)
  (map (lambda (x) (* 2.5e300 x)) list))) ; line 6
(define kept
  (let next ((times 20)) ; garbage, collected again and again
    (pairs 20000)
    (if (> times 0) (next (- times 1)) (pairs LENGTH))))
(define kept-doubled (doubled kept)) ; line 11
(define table (make-vector 20000 0)) ; line 12
(vector-length table)";
    let take = |name: &str, length: usize, options: &[&str]| {
        let program = file(&format!("{name}.scm"), &program.replace("LENGTH", &length.to_string()));
        let path = file(&format!("{name}.heap"), "");
        let outcome = physics(&[&["run", "--heap-snapshot", &path], options, &[&program]].concat());
        assert_eq!(outcome.status, 0, "{outcome:?}");
        (path, program)
    };
    let (few, file_name) = take("sites", 300, &["--sites"]);
    let text = printed(&physics(&["heap", &few])).to_string();
    let name = file_name.rsplit('/').next().expect("a name").to_string();
    let row = |text: &str, line: u32| {
        let place = format!("{name}:{line} ");
        let row = text.lines().find(|row| row.contains(&place)).unwrap_or_else(|| panic!("{line}: {text}"));
        row.split_whitespace().next().expect("a number").to_string()
    };
    assert!(text.contains("By the line that made them:"), "{text}");
    assert_eq!((row(&text, 4), row(&text, 12)), ("300".to_string(), "1".to_string()));
    // Floats that large are objects. The list is made by whom `map` returns to, and a tail call is not waited for.
    assert_eq!((row(&text, 6), row(&text, 11)), ("300".to_string(), "300".to_string()));
    let object = physics(&["heap", "--path", &object_in(&text, "global kept: object"), &few]);
    assert!(printed(&object).contains(&format!("{name}:4\n")), "{object:?}");

    // The same, longer, and the same without: the state is no other one.
    let (many, _) = take("sites", 450, &["--sites", "--gc-policy", "copying"]);
    let longer = printed(&physics(&["heap", &many])).to_string();
    assert_eq!((row(&longer, 4), row(&longer, 6)), ("450".to_string(), "450".to_string()));
    let (plain, _) = take("sites-plain", 450, &[]);
    let plain = printed(&physics(&["heap", &plain])).to_string();
    assert!(!plain.contains("By the line"), "{plain}");
    let state = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("state ")).expect("a state");
        line.to_string()
    };
    assert_eq!(state(&plain), state(&longer));
}

#[test]
fn growth_is_told_by_line_too() {
    let program = file(
        "sites-growth.scm",
        "(define kept '())
(define (grow n) (if (> n 0) (begin (set! kept (cons n kept)) (grow (- n 1)))))
(grow 100)",
    );
    let path = file("sites-growth-one.heap", "");
    let more = file("sites-growth-two.heap", "");
    assert_eq!(physics(&["run", "--sites", "--heap-snapshot", &path, &program]).status, 0);
    let longer = fs::read_to_string(&program).expect("the program").replace("100", "700");
    fs::write(&program, longer).expect("a writable folder");
    assert_eq!(physics(&["run", "--sites", "--heap-snapshot", &more, &program]).status, 0);
    let text = printed(&physics(&["heap", &path, &more])).to_string();
    let line =
        text.lines().find(|line| line.contains("sites-growth.scm:2")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("+1800 words") && line.contains("+600 objects"), "{line}");
}

#[test]
fn programs_that_fail_or_wait_for_ever_leave_a_snapshot_too() {
    for (name, source, wanted) in [
        ("heap-fails", "(define kept (list 1 2))\n(car (vector 1))", "car: expected a pair"),
        ("heap-waits", "(define kept (list 1 2))\n(receive ('never 1))", "deadlock"),
    ] {
        let program = file(&format!("{name}.scm"), source);
        let path = file(&format!("{name}.heap"), "");
        let outcome = physics(&["run", "--heap-snapshot", &path, &program]);
        assert!(failed(&outcome).contains(wanted), "{outcome:?}");
        assert!(printed(&physics(&["heap", &path])).contains("global kept: object"), "{name}");
    }
}

#[test]
fn a_snapshot_that_a_program_writes_is_read() {
    let path = file("written.heap", "");
    let program = file(
        "heap-writes.scm",
        &format!(
            "(define all (map (lambda (n) (string-append \"text \" (number->string n))) (iota 50)))
             (call-with-port (open-binary-output-file \"{path}\")
               (lambda (port) (write-bytevector (heap-snapshot) port)))
             (length all)"
        ),
    );
    let outcome = physics(&["run", &format!("--allow=write={path}"), &program]);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    let outcome = physics(&["heap", &path]);
    let text = printed(&outcome);
    for wanted in ["an actor, by itself", " 50 string", "global all: object"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let head = object_in(text, "global all:");
    let outcome = physics(&["heap", "--path", &head, &path]);
    assert!(printed(&outcome).contains("\"text 0\""), "{outcome:?}");
}
