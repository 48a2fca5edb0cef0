//! The compiler's passes change no answer: every golden program writes the same, and fails with the same, whichever of them
//! run.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Plan;
use scheme::passes::Passes;
use world::{Drive, Run, RunEnd, RunOptions};

/// All ways to switch off one pass, and all at once.
fn choices() -> Vec<(String, Passes)> {
    let one = Passes::NAMES
        .iter()
        .map(|name| (format!("without {name}"), Passes::ALL.without(name).expect("it is the name of one")));
    one.chain([("with none".to_string(), Passes::NONE)]).collect()
}

fn programs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs").join(folder);
    let entries = fs::read_dir(&folder).expect("the folder of golden programs");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
        .collect();
    paths.sort();
    assert!(paths.len() > 50, "{} holds programs", folder.display());
    paths
}

/// What a program writes, and its error if it fails.
fn run(source: &str, passes: Passes) -> (String, Option<String>) {
    let options = RunOptions { passes, ..Plan::new("golden", source).options(Drive::Alone, None) };
    let file = protocol::SourceText { name: "program.scm".to_string(), text: source.to_string() };
    let mut run = match Run::load(&[file], options) {
        Ok(run) => run,
        Err(problems) => return (String::new(), Some(world::compile::text_of(&problems[0]))),
    };
    run.start().expect("an empty heap has room");
    let end = run.run_to_end(|ms| std::thread::sleep(std::time::Duration::from_secs_f64(ms / 1e3)));
    let output = run.stage.take_output().into_iter().map(|write| write.text).collect();
    let error = match end {
        RunEnd::Main(Ok(_)) => None,
        RunEnd::Main(Err(problem)) => Some(world::compile::text_of(&problem)),
        RunEnd::Deadlock(waiting) => Some(run.deadlock_problem(&waiting).message),
    };
    (output, error)
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
