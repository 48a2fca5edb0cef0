//! Bad usage, help and version.

use crate::{physics, printed};

#[test]
fn bad_usage_exits_2_and_says_what_was_expected() {
    for (line, expected) in [
        (
            &[][..],
            "expected run, eval, debug, repl, format, disassemble, assemble, heap, compare, profile, link or help",
        ),
        (&["dance"], "there is no command `dance`; expected run"),
        (&["run"], "expected: physics run [OPTION...] FILE..."),
        (&["eval"], "expected: physics eval [OPTION...] EXPR"),
        (&["eval", "1", "2"], "there is too much"),
        (&["disassemble"], "expected: physics disassemble [--without PASS,...] [--raw] FILE..."),
        (
            &["disassemble", "--without", "speed", "x.scm"],
            "the compiler has no pass `speed`; expected some of known, fold, loops",
        ),
        (&["repl", "file.scm"], "expected: physics repl"),
        (&["link"], "`link` expects `encode` or `decode` next"),
        (&["link", "encode"], "expected: physics link encode"),
        (&["link", "decode"], "expected: physics link decode LINK"),
        (&["eval", "--fast", "1"], "there is no option --fast; expected one of --cores, --seed, --heap"),
        (&["eval", "--cores", "many", "1"], "--cores expects a whole number from 0 to 64, not `many`"),
        (&["eval", "--heap", "64Q", "1"], "--heap expects a number of bytes such as 65536, 64K, 64M or 2G"),
        (&["eval", "1", "--seed"], "--seed expects a value: --seed N"),
        (&["disassemble", "--seed", "1", "x.scm"], "`disassemble` does not take --seed"),
    ] {
        let outcome = physics(line);
        assert_eq!(outcome.status, 2, "{line:?}: {outcome:?}");
        assert!(
            outcome.err.starts_with("physics: ") && outcome.err.contains(expected),
            "{line:?}: {outcome:?}"
        );
        assert_eq!(outcome.out, "", "{line:?}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = physics(&["help"]);
    for word in ["physics run", "physics link decode LINK", "--cores N", "--heap BYTES", "Exit status"] {
        assert!(printed(&help).contains(word), "{word}");
    }
    assert_eq!(printed(&physics(&["run", "--help"])), help.out);
    assert_eq!(printed(&physics(&["--version"])), format!("physics {}\n", env!("CARGO_PKG_VERSION")));
}
