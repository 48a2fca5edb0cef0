//! Golden programs, run by one thread with options of the test's choice.

use std::fs;
use std::path::{Path, PathBuf};

use world::{Drive, Run, RunEnd, RunOptions};

use super::Plan;

/// The golden programs of a folder.
pub fn programs(folder: &str) -> Vec<PathBuf> {
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
pub fn run(source: &str, change: impl FnOnce(&mut RunOptions)) -> (String, Option<String>) {
    let mut options = Plan::new("golden", source).options(Drive::Alone, None);
    change(&mut options);
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
