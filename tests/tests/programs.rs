//! Golden programs, natively: on two cores and cooperatively, with the output that stands beside each.
//!
//! `tests/programs/NAME.scm` must write `NAME.out`. `tests/programs/errors/NAME.scm` must fail with a text that
//! contains `NAME.err`. The browser runs the same files (`tests/e2e/programs.test.mjs`); of those in
//! `tests/programs/outside`, which are allowed what they do, all but the one that shows the environment.

use std::fs;
use std::path::{Path, PathBuf};

use physics_tests::native::{Driver, check_replay, endowment, evaluate, evaluate_with};
use physics_tests::root;
use protocol::Settings;

/// Programs of a folder with what is expected of each.
fn programs(folder: &str, answer: &str) -> Vec<(String, String, String)> {
    let folder = root().join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
        .collect();
    paths.sort();
    let read =
        |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), read(path), read(&path.with_extension(answer)))).collect()
}

/// Fails with every program that `check` finds wrong.
fn assert_all(programs: &[(String, String, String)], check: impl Fn(&str, &str) -> Option<String>) {
    assert!(!programs.is_empty(), "the folder holds programs");
    let wrong: Vec<String> = programs
        .iter()
        .filter_map(|(name, source, expected)| check(source, expected).map(|text| format!("{name}: {text}")))
        .collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}\n", wrong.len(), programs.len(), wrong.join("\n"));
}

fn assert_outputs(driver: Driver) {
    assert_all(&programs("tests/programs", "out"), |source, expected| {
        match evaluate(source, Settings::default(), driver) {
            Ok(evaluation) if evaluation.output == expected => None,
            Ok(evaluation) => Some(format!("wrote\n{}\ninstead of\n{expected}", evaluation.output)),
            Err(error) => Some(format!("failed with\n{error}")),
        }
    });
}

/// Programs that touch files, the environment or the command line, which are granted to them.
fn assert_outside(driver: Driver) {
    assert_all(&programs("tests/programs/outside", "out"), |source, expected| {
        match evaluate_with(source, Settings::default(), driver, endowment()) {
            Ok(evaluation) if evaluation.output == expected => None,
            Ok(evaluation) => Some(format!("wrote\n{}\ninstead of\n{expected}", evaluation.output)),
            Err(error) => Some(format!("failed with\n{error}")),
        }
    });
}

fn assert_errors(driver: Driver) {
    assert_all(&programs("tests/programs/errors", "err"), |source, expected| {
        match evaluate(source, Settings::default(), driver) {
            Ok(evaluation) => Some(format!("answered {} and did not fail", evaluation.value)),
            Err(error) if error.contains(expected.trim()) => None,
            Err(error) => Some(format!("failed with\n{error}\nwhich lacks\n{expected}")),
        }
    });
}

#[test]
fn golden_programs_on_two_cores() {
    assert_outputs(Driver::Threads(2));
}

#[test]
fn golden_programs_cooperatively() {
    assert_outputs(Driver::Cooperative);
}

#[test]
fn programs_that_reach_outside_on_two_cores() {
    assert_outside(Driver::Threads(2));
}

#[test]
fn programs_that_reach_outside_cooperatively() {
    assert_outside(Driver::Cooperative);
}

#[test]
fn programs_that_reach_outside_repeat_without_their_files() {
    assert_all(&programs("tests/programs/outside", "out"), |source, _| {
        match check_replay(source, Settings::default(), Driver::Threads(2)) {
            Ok(evaluation) if evaluation.value.starts_with("equal: ") => None,
            answer => Some(format!("{answer:?}")),
        }
    });
}

#[test]
fn failing_programs_say_why_on_two_cores() {
    assert_errors(Driver::Threads(2));
}

#[test]
fn failing_programs_say_why_cooperatively() {
    assert_errors(Driver::Cooperative);
}

#[test]
fn examples_repeat_on_demand() {
    let folder = root().join("web/examples");
    for name in ["ping-pong.scm", "ring.scm", "hello.scm"] {
        let source = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for driver in [Driver::Threads(2), Driver::Cooperative] {
            let answer = check_replay(&source, Settings::default(), driver);
            let summary = answer.unwrap_or_else(|error| panic!("{name}, {driver:?}: {error}")).value;
            assert!(summary.starts_with("equal: "), "{name}, {driver:?}: {summary}");
        }
    }
}
