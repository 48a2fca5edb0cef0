//! What a program may do outside of its world: `--allow`, files, environment, arguments, exit statuses, `--audit`.

use std::fs;
use std::path::PathBuf;

use crate::{failed, file, physics, physics_with, printed};

/// A folder of one test, empty.
fn folder(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // There may be none yet.
    let _nothing = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a writable folder");
    path.to_str().expect("a plain path").to_string()
}

/// `--allow` with some kinds for a path.
fn allow(kinds: &[&str], path: &str) -> String {
    let parts: Vec<String> = kinds.iter().map(|kind| format!("{kind}={path}")).collect();
    format!("--allow={}", parts.join(","))
}

fn evaluate(option: &str, source: &str) -> String {
    printed(&physics(&["eval", option, source])).trim_end().to_string()
}

#[test]
fn files_are_written_and_read_where_it_is_allowed() {
    let place = folder("allowed");
    let option = allow(&["read", "write"], &place);
    let source = format!(
        "(call-with-output-file \"{place}/a.txt\" (lambda (port) (write '(1 \"zwei\" λ) port)))
         (define data (call-with-input-file \"{place}/a.txt\" read))
         (delete-file \"{place}/a.txt\")
         (list data (file-exists? \"{place}/a.txt\") (file-exists? \"{place}\"))"
    );
    for cores in ["--cores=1", "--cores=2"] {
        let outcome = physics(&["eval", cores, &option, &source]);
        assert_eq!(printed(&outcome), "((1 \"zwei\" λ) #f #t)\n");
    }
}

#[test]
fn what_was_not_allowed_is_denied_and_says_how_to_allow_it() {
    for (source, wanted) in [
        (
            "(open-input-file \"x.txt\")",
            "start with --allow read=x.txt, or allow it in the page's dialog): file-read \"x.txt\"",
        ),
        ("(delete-file \"x.txt\")", "start with --allow write=x.txt"),
        (
            "(list (load \"x.scm\"))",
            "load: denied (no capability for it is held here; start with --allow read=x.scm",
        ),
        ("(get-environment-variable \"HOME\")", "start with --allow env=HOME"),
        ("(get-environment-variables)", "start with --allow env,"),
    ] {
        let outcome = physics(&["eval", source]);
        assert!(
            failed(&outcome).starts_with("<expression>:1:") && outcome.err.contains(wanted),
            "{outcome:?}"
        );
    }
}

#[test]
fn nothing_leads_out_of_what_was_allowed() {
    let place = folder("fence");
    fs::create_dir_all(format!("{place}/in/deep")).expect("a writable folder");
    fs::write(format!("{place}/secret.txt"), "secret").expect("a writable folder");
    fs::write(format!("{place}/in/open.txt"), "open").expect("a writable folder");
    let option = allow(&["read", "write"], &format!("{place}/in"));
    let attempt = |form: &str| {
        evaluate(
            &option,
            &format!("(guard (e ((capability-denied? e) 'denied) ((file-error? e) 'failed)) {form})"),
        )
    };
    let read = |path: &str| attempt(&format!("(call-with-input-file \"{place}/{path}\" read-line)"));
    assert_eq!(read("in/open.txt"), "\"open\"");
    assert_eq!(read("in/deep/../open.txt"), "\"open\"");
    for path in ["secret.txt", "in/../secret.txt", "in/deep/../../secret.txt", "inner", "in/../../etc/passwd"]
    {
        assert_eq!(read(path), "denied", "{path}");
    }
    assert_eq!(read("in"), "failed");
    assert_eq!(attempt("(open-input-file \"/dev/zero\")"), "denied");
    links(&place, &read, &attempt);
}

#[cfg(unix)]
fn links(place: &str, read: &dyn Fn(&str) -> String, attempt: &dyn Fn(&str) -> String) {
    use std::os::unix::fs::symlink;
    let link = |to: &str, from: &str| symlink(to, format!("{place}/in/{from}")).expect("a writable folder");
    link("../secret.txt", "out.txt");
    link("..", "up");
    link("open.txt", "same.txt");
    link("/nowhere/at/all", "dangling");
    assert_eq!(read("in/same.txt"), "\"open\"");
    assert_eq!(read("in/out.txt"), "denied");
    assert_eq!(read("in/up/secret.txt"), "denied");
    assert_eq!(read("in/up/in/open.txt"), "\"open\"");
    let on =
        |operation: &str, path: &str| attempt(&format!("(begin ({operation} \"{place}/in/{path}\") 'done)"));
    assert_eq!(on("open-output-file", "out.txt"), "denied");
    assert_eq!(on("open-output-file", "up/new.txt"), "denied");
    assert_eq!(on("open-output-file", "dangling"), "failed");
    assert_eq!(on("file-exists?", "out.txt"), "denied");
    assert_eq!(on("delete-file", "up/secret.txt"), "denied");
    assert_eq!(on("delete-file", "out.txt"), "done");
    assert_eq!(fs::read_to_string(format!("{place}/secret.txt")).expect("it is there"), "secret");
    assert!(fs::symlink_metadata(format!("{place}/in/out.txt")).is_err());
    // A narrower capability is held to its own folder, links or not.
    let narrowed = format!(
        "(with-capabilities (map (lambda (c) (if (capability-scope c) (capability-narrow c \"{place}/in/deep\") c))
                                 (current-capabilities))
           (lambda () (call-with-input-file \"{place}/in/deep/link\" read-line)))"
    );
    symlink("../open.txt", format!("{place}/in/deep/link")).expect("a writable folder");
    assert_eq!(attempt(&narrowed), "denied");
}

#[cfg(not(unix))]
fn links(_place: &str, _read: &dyn Fn(&str) -> String, _attempt: &dyn Fn(&str) -> String) {}

#[test]
fn only_regular_files_of_a_bearable_size_are_read() {
    let large = file("large.txt", &"x".repeat(300_000));
    let outcome =
        physics(&["eval", "--heap", "256K", "--allow", "read", &format!("(open-input-file \"{large}\")")]);
    assert!(
        failed(&outcome)
            .contains("it has 300000 bytes; the actor's heap has room for 262144 (setting: heap)"),
        "{outcome:?}"
    );
    if cfg!(unix) {
        let outcome = physics(&["eval", "--allow", "read", "(open-binary-input-file \"/dev/zero\")"]);
        assert!(failed(&outcome).contains("it is not a regular file: \"/dev/zero\""), "{outcome:?}");
    }
}

#[test]
fn what_was_written_is_there_however_the_program_ends() {
    let place = folder("ends");
    let option = allow(&["write"], &place);
    let endings = ["'done", "(exit)", "(exit 0)", "(car 5)", "(receive)", "(emergency-exit)"];
    for (number, ending) in endings.iter().enumerate() {
        for cores in ["--cores=1", "--cores=2"] {
            let path = format!("{place}/{number}.txt");
            let source =
                format!("(define port (open-output-file \"{path}\")) (display \"kept\" port) {ending}");
            let outcome = physics(&["eval", cores, &option, &source]);
            assert_eq!(fs::read_to_string(&path).expect("it was made"), "kept", "{ending}: {outcome:?}");
        }
    }
    // Another actor's, when the main actor's end ends the program.
    let path = format!("{place}/other.txt");
    let source = format!(
        "(define parent (self))
         (spawn (lambda () (let ((port (open-output-file \"{path}\"))) (display \"kept\" port) (send parent 'go)
                  (let loop () (loop))))
                'capabilities (current-capabilities))
         (receive (x x))"
    );
    for cores in ["--cores=1", "--cores=2"] {
        assert_eq!(printed(&physics(&["eval", cores, &option, &source])), "go\n");
        assert_eq!(fs::read_to_string(&path).expect("it was made"), "kept");
    }
}

#[test]
fn a_folder_that_vanishes_while_a_file_in_it_is_open_is_an_error() {
    let place = folder("vanishes");
    let option = allow(&["read", "write"], &place);
    let sub = format!("{place}/sub");
    fs::create_dir(&sub).expect("a writable folder");
    let source = |ending: &str| {
        format!(
            "(define port (open-output-file \"{sub}/a\"))
             (let wait () (if (not (file-exists? \"{place}/go\")) (begin (sleep 1) (wait))))
             (display \"lost\" port)
             {ending}"
        )
    };
    for (ending, wanted) in [
        ("(close-port port)", "close-port: there is no such file or folder: "),
        ("(flush-output-port port)", "flush-output-port: there is no such file or folder: "),
        ("'end", "a: what an actor wrote before its end is lost: there is no such file or folder"),
    ] {
        let (option, source) = (option.clone(), source(ending));
        let program = std::thread::spawn(move || physics(&["eval", &option, &source]));
        while fs::metadata(format!("{sub}/a")).is_err() {
            assert!(!program.is_finished(), "{:?}", program.join());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        fs::remove_dir_all(&sub).expect("it is there");
        fs::write(format!("{place}/go"), "").expect("a writable folder");
        let outcome = program.join().expect("no panic");
        assert!(failed(&outcome).contains(wanted), "{outcome:?}");
        fs::remove_file(format!("{place}/go")).expect("it is there");
        fs::create_dir(&sub).expect("a writable folder");
    }
}

#[test]
fn load_evaluates_a_file_and_names_it_in_errors() {
    let place = folder("load");
    fs::write(
        format!("{place}/good.scm"),
        "(define-syntax twice (syntax-rules () ((_ e) (begin e e))))\n(define (f) (twice (display \"f\")))\n",
    )
    .expect("a writable folder");
    fs::write(format!("{place}/bad.scm"), "\n(define (g)\n  (car 5))\n(+ 1 (g))\n")
        .expect("a writable folder");
    let option = allow(&["read"], &place);
    assert_eq!(evaluate(&option, &format!("(load \"{place}/good.scm\") (f) 'end")), "ff\nend");
    let outcome = physics(&["eval", &option, &format!("(load \"{place}/bad.scm\")")]);
    assert!(
        failed(&outcome).starts_with(&format!("{place}/bad.scm:3:3: car: expected a pair")),
        "{outcome:?}"
    );
}

#[test]
fn the_environment_is_what_was_allowed_of_it() {
    let has_path =
        "(and (assoc \"PATH\" (get-environment-variables)) (string? (get-environment-variable \"PATH\")))";
    assert_eq!(evaluate("--allow=env", has_path), "#t");
    assert_eq!(evaluate("--allow=all", has_path), "#t");
    let one = "(list (map car (get-environment-variables)) (string? (get-environment-variable \"PATH\"))
                     (guard (e ((capability-denied? e) (denied-scope e))) (get-environment-variable \"HOME\")))";
    assert_eq!(evaluate("--allow=env=PATH", one), "((\"PATH\") #t \"HOME\")");
    assert_eq!(
        evaluate("--allow=env=NO_SUCH_VARIABLE", "(get-environment-variable \"NO_SUCH_VARIABLE\")"),
        "#f"
    );
}

#[test]
fn the_command_line_is_the_first_file_and_what_follows_two_dashes() {
    let path = file("command-line.scm", "(write (command-line))");
    assert_eq!(printed(&physics(&["run", &path])), format!("(\"{path}\")"));
    let outcome = physics(&["run", "--seed=3", &path, "--", "-x", "--seed", "two words"]);
    assert_eq!(printed(&outcome), format!("(\"{path}\" \"-x\" \"--seed\" \"two words\")"));
}

#[test]
fn exit_gives_the_status() {
    for (form, status) in [
        ("(exit)", 0),
        ("(exit #t)", 0),
        ("(exit 'normal)", 0),
        ("(exit 0)", 0),
        ("(exit #f)", 1),
        ("(exit 7)", 7),
        ("(exit 255)", 255),
        ("(exit 256)", 255),
        ("(exit -1)", 255),
        ("(exit 'broken)", 1),
        ("(emergency-exit)", 0),
        ("(emergency-exit 3)", 3),
        ("(begin (spawn (lambda () (exit 4))) (receive (after 20 'x)))", 0),
        ("(dynamic-wind (lambda () 0) (lambda () (exit 5)) (lambda () (display \"after\")))", 5),
        ("(dynamic-wind (lambda () 0) (lambda () (emergency-exit 6)) (lambda () (display \"after\")))", 6),
    ] {
        for cores in ["--cores=1", "--cores=2"] {
            let outcome = physics(&["run", cores, &file("exit.scm", form)]);
            assert_eq!((outcome.status, outcome.err.as_str()), (status, ""), "{form}");
            assert_eq!(outcome.out, if status == 5 { "after" } else { "" }, "{form}");
        }
    }
}

#[test]
fn audit_tells_what_was_decided() {
    let path = file("audited.txt", "text");
    let source = format!(
        "(file-exists? \"{path}\") (file-exists? \"{path}\") (guard (e (#t 0)) (delete-file \"{path}\")) 1"
    );
    let outcome = physics(&["eval", "--audit", &allow(&["read"], &path), &source]);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "1\n"));
    let lines: Vec<&str> = outcome.err.lines().collect();
    let exists = format!("audit: actor 1: file-exists?: file-read {path:?}: granted");
    assert!(lines[0].starts_with(&exists), "{outcome:?}");
    assert_eq!(lines.last(), Some(&&*format!("audit: actor 1: delete-file: file-write {path:?}: denied")));
    assert_eq!(physics(&["eval", &allow(&["read"], &path), &source]).err, "");
}

#[test]
fn the_repl_keeps_files_open_from_entry_to_entry() {
    let place = folder("repl");
    let entries = format!(
        "(define port (open-output-file \"{place}/a.txt\"))\n(display \"one \" port)\n(display \"two\" port)\n(car '())\n(display \"!\" port)\n"
    );
    let outcome = physics_with(&["repl", &allow(&["read", "write"], &place)], &entries);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert_eq!(fs::read_to_string(format!("{place}/a.txt")).expect("it was made"), "one two!");
}

#[test]
fn what_is_allowed_must_make_sense() {
    for (option, wanted) in [
        ("--allow=fly", "--allow: there is no `fly`; expected read[=PATH], write[=PATH], env[=NAME] or all"),
        ("--allow=read=", "--allow read= expects a path after it; `read` alone allows all"),
        ("--allow=all=x", "--allow all takes no `=`"),
    ] {
        let outcome = physics(&["eval", option, "1"]);
        assert_eq!(outcome.status, 2, "{outcome:?}");
        assert!(outcome.err.contains(wanted), "{outcome:?}");
    }
    let outcome = physics(&["disassemble", "--allow=read", "x.scm"]);
    assert_eq!(outcome.status, 2, "{outcome:?}");
}
