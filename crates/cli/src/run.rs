//! `run` and `eval`: a program from its first form to the end of its main actor.

use protocol::{ActorNumber, Problem, Settings, SourceText, TestOutcome};
use world::{Run, RunEnd};

use crate::Failure;
use crate::console::Console;
use crate::host::Host;
use crate::report::report;

/// The number of the main actor.
pub(crate) const MAIN: ActorNumber = ActorNumber(1);

/// Runs a program; its value is nobody's business.
///
/// # Errors
/// [`Failure::Reported`] when the program fails.
pub(crate) fn run(files: &[SourceText], settings: Settings) -> Result<(), Failure> {
    to_end(files, settings, &mut Console::new()).map(drop)
}

/// Runs a program and prints its last value.
///
/// # Errors
/// As [`run`].
pub(crate) fn evaluate(files: &[SourceText], settings: Settings) -> Result<(), Failure> {
    let mut console = Console::new();
    let value = to_end(files, settings, &mut console)?;
    console.line(&value)?;
    Ok(console.flush()?)
}

/// The value of the main actor, once everything written is out.
fn to_end(files: &[SourceText], settings: Settings, console: &mut Console) -> Result<String, Failure> {
    let mut host = Host::start(&settings)?;
    let mut run = match Run::load(files, host.options(settings, false)) {
        Ok(run) => run,
        Err(problems) => return Err(refuse(&problems, files, console)?),
    };
    for warning in &run.warnings {
        console.complain(&report(warning, files))?;
    }
    run.start().map_err(|problem| Failure::Plain(problem.message))?;
    let mut bad_tests = 0;
    let end = loop {
        let end = run.end();
        bad_tests += pass_on(&run, files, console)?;
        if let Some(end) = end {
            break end;
        }
        console.flush()?;
        host.work_or_wait();
    };
    run.stop();
    let outcome = match end {
        RunEnd::Main(Ok(_)) if bad_tests > 0 => Err(Failure::Reported),
        RunEnd::Main(Ok(value)) => Ok(value),
        RunEnd::Main(Err(problem)) => Err(refuse(&[problem], files, console)?),
        RunEnd::Deadlock(waiting) => Err(refuse(&[run.deadlock_problem(&waiting)], files, console)?),
    };
    // The process is about to end: taking a world apart, actor by actor, would only delay that.
    std::mem::forget(run);
    console.flush()?;
    outcome
}

/// Reports what a program failed with.
fn refuse(problems: &[Problem], files: &[SourceText], console: &mut Console) -> Result<Failure, Failure> {
    for problem in problems {
        console.complain(&report(problem, files))?;
    }
    Ok(Failure::Reported)
}

/// Passes on what was written, tests that did not pass, and problems of actors other than the main one. Answers how many
/// such tests there were.
pub(crate) fn pass_on(run: &Run, files: &[SourceText], console: &mut Console) -> Result<usize, Failure> {
    for write in run.stage.take_output() {
        console.write(&write.text)?;
    }
    for problem in run.stage.take_problems() {
        // The main actor's own ends the run and is told then.
        if problem.actor != Some(MAIN) {
            console.complain(&report(&problem, files))?;
        }
    }
    let mut bad_tests = 0;
    for test in run.stage.take_tests().into_iter().filter(|test| test.outcome.is_bad()) {
        bad_tests += 1;
        let place =
            test.location.map_or(String::new(), |at| format!("{}:{}:{}: ", at.file, at.line, at.column));
        let what =
            if test.outcome == TestOutcome::Fail { "failed" } else { "passed, although it should fail" };
        console.complain(&format!("{place}the test {} {what}\n", test.title))?;
    }
    Ok(bad_tests)
}
