//! The compiler's passes change no answer: every golden program writes the same, and fails with the same, whichever of them
//! run.

mod common;

use std::fs;

use common::golden::{self, programs};
use world::Passes;

/// All ways to switch off one pass, and all at once.
fn choices() -> Vec<(String, Passes)> {
    let one = Passes::NAMES
        .iter()
        .map(|name| (format!("without {name}"), Passes::ALL.without(name).expect("it is the name of one")));
    one.chain([("with none".to_string(), Passes::NONE)]).collect()
}

fn run(source: &str, passes: Passes) -> (String, Option<String>) {
    golden::run(source, |options| options.passes = passes)
}

#[test]
fn golden_programs_write_the_same_whichever_passes_run() {
    for path in programs("") {
        let source = fs::read_to_string(&path).expect("a readable program");
        let expected = fs::read_to_string(path.with_extension("out")).expect("its output");
        for (name, passes) in choices() {
            let (output, error) = run(&source, passes);
            let differing = output.lines().zip(expected.lines()).find(|(line, wanted)| line != wanted);
            let same = output == expected && error.is_none();
            assert!(same, "{}, {name}: {error:?}, {differing:?}", path.display());
        }
    }
}

#[test]
fn failing_programs_fail_with_the_same_whichever_passes_run() {
    for path in programs("errors") {
        let source = fs::read_to_string(&path).expect("a readable program");
        let expected = run(&source, Passes::ALL);
        assert!(expected.1.is_some(), "{} fails", path.display());
        for (name, passes) in choices() {
            assert_eq!(run(&source, passes), expected, "{}, {name}", path.display());
        }
    }
}
