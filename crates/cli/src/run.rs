//! `run` and `eval`: a program from its first form to the end of its main actor.

use std::thread;

use protocol::{ActorNumber, AuditEntry, Problem, SourceText, TestOutcome};
use world::{Run, RunEnd};

use crate::Failure;
use crate::arguments::Setup;
use crate::collector::Log;
use crate::console::Console;
use crate::host::Host;
use crate::profile::{Wanted, Watching};
use crate::report::{explanation, report};

/// The number of the main actor.
pub(crate) const MAIN: ActorNumber = ActorNumber(1);

/// Runs a program; its value is nobody's business.
///
/// # Errors
/// [`Failure::Reported`] when the program fails.
pub(crate) fn run(files: &[SourceText], arguments: Vec<String>, setup: &Setup) -> Result<(), Failure> {
    let name = files.first().map(|file| file.name.clone());
    to_end(files, name.into_iter().chain(arguments).collect(), setup, None, &mut Console::new()).map(drop)
}

/// Runs a program and tells where it spends its time, whatever comes of it.
///
/// # Errors
/// As [`run`], or when there is no place for the profile.
pub(crate) fn profile(
    files: &[SourceText],
    arguments: Vec<String>,
    setup: &Setup,
    wanted: &Wanted,
) -> Result<(), Failure> {
    let name = files.first().map(|file| file.name.clone());
    let arguments = name.into_iter().chain(arguments).collect();
    to_end(files, arguments, setup, Some(wanted), &mut Console::new()).map(drop)
}

/// Runs a program and prints its last value.
///
/// # Errors
/// As [`run`].
pub(crate) fn evaluate(files: &[SourceText], setup: &Setup) -> Result<(), Failure> {
    let mut console = Console::new();
    let value = to_end(files, vec!["physics".to_string()], setup, None, &mut console)?;
    console.line(&value)?;
    Ok(console.flush()?)
}

/// The value of the main actor, once everything written is out.
fn to_end(
    files: &[SourceText],
    arguments: Vec<String>,
    setup: &Setup,
    wanted: Option<&Wanted>,
    console: &mut Console,
) -> Result<String, Failure> {
    let mut host = Host::start(setup, arguments)?;
    if wanted.is_some() {
        host.look_often();
    }
    let mut run = match Run::load(
        files,
        host.options(setup.settings.clone(), setup.heap_snapshot.is_some() || setup.memo_stats),
    ) {
        Ok(run) => run,
        Err(problems) => return Err(refuse(&problems, files, setup, console)?),
    };
    for warning in &run.warnings {
        console.complain(&report(warning, files))?;
    }
    let mut watching = wanted.map(|wanted| Watching::start(wanted, &run));
    run.start().map_err(|problem| Failure::Plain(problem.message))?;
    let ended = await_end(&mut run, &mut host, files, setup, watching.as_mut(), console);
    // Even if nobody reads the output: what goes to files does not.
    host.settle(&mut run);
    if let Some(watching) = watching {
        let name = files.first().map_or("", |file| &file.name);
        watching.finish(&run, name, console)?;
    }
    let (end, bad_tests) = ended?;
    let Some(end) = end else {
        console.flush()?;
        std::mem::forget(run);
        return Ok(String::new());
    };
    if let Some(path) = &setup.heap_snapshot {
        crate::heap::write_snapshot(&run, path, setup.heap_actor, console)?;
    }
    if setup.memo_stats {
        console.complain(&memo_text(&run))?;
    }
    let lost = tell_losses(&run, console)?;
    let outcome = match end {
        RunEnd::Main(Ok(value)) => match run.stage.exit_status() {
            Some(status) if status > 0 => Err(Failure::Status(status)),
            _ if lost || bad_tests > 0 => Err(Failure::Reported),
            _ => Ok(value),
        },
        RunEnd::Main(Err(problem)) => Err(refuse(&[problem], files, setup, console)?),
        RunEnd::Deadlock(waiting) => Err(refuse(&[run.deadlock_problem(&waiting)], files, setup, console)?),
    };
    // The process is about to end: taking a world apart, actor by actor, would only delay that.
    std::mem::forget(run);
    console.flush()?;
    outcome
}

/// The end, and how many tests did not pass. No end if the time was up before.
fn await_end(
    run: &mut Run,
    host: &mut Host,
    files: &[SourceText],
    setup: &Setup,
    mut watching: Option<&mut Watching<'_>>,
    console: &mut Console,
) -> Result<(Option<RunEnd>, usize), Failure> {
    let mut bad_tests = 0;
    let mut log = setup.gc_log.then(Log::default);
    loop {
        let end = run.end();
        bad_tests += pass_on(run, files, setup, console)?;
        if let Some(log) = &mut log {
            console.complain(&log.take(run))?;
        }
        let is_late = watching.as_deref_mut().is_some_and(|watching| watching.look(run, end.is_some()));
        if end.is_some() || is_late {
            if let Some(log) = &log {
                console.complain(&log.summary())?;
            }
            return Ok((end, bad_tests));
        }
        console.flush()?;
        host.work_or_wait();
    }
}

/// Tells what could not be written to files after nobody waited for it; true if there ever was such.
pub(crate) fn tell_losses(run: &Run, console: &mut Console) -> Result<bool, Failure> {
    for text in run.stage.desk.take_failures() {
        console.complain(&format!("{text}\n"))?;
    }
    Ok(run.stage.desk.failures_ever() > 0)
}

/// Tells a problem, with all that is known of it if that is asked for.
fn tell(
    problem: &Problem,
    files: &[SourceText],
    setup: &Setup,
    console: &mut Console,
) -> Result<(), Failure> {
    let more = if setup.explain { explanation(problem) } else { String::new() };
    Ok(console.complain(&(report(problem, files) + &more))?)
}

/// Reports what a program failed with.
fn refuse(
    problems: &[Problem],
    files: &[SourceText],
    setup: &Setup,
    console: &mut Console,
) -> Result<Failure, Failure> {
    for problem in problems {
        tell(problem, files, setup, console)?;
    }
    Ok(Failure::Reported)
}

/// What the main actor's memoized procedures have remembered, a line each. The run is over: no slice starts.
fn memo_text(run: &Run) -> String {
    while !run.scheduler.is_quiet() {
        thread::yield_now();
    }
    let mut text = String::new();
    for memo in run.memoized(MAIN.0) {
        let calls = memo.hits + memo.misses;
        text.push_str(&format!(
            "memo: {}: {} hits in {calls} calls ({} %), {} forgotten, {} of at most {} known\n",
            memo.name,
            memo.hits,
            (100 * memo.hits).checked_div(calls).unwrap_or(0),
            memo.evictions,
            memo.size,
            memo.limit
        ));
    }
    if text.is_empty() { "memo: no global variable holds a memoized procedure\n".to_string() } else { text }
}

/// Decisions since the last call, a line each.
pub(crate) fn audit_text(run: &Run) -> String {
    let (entries, dropped) = run.stage.desk.take_audit();
    let mut text = String::new();
    for AuditEntry { actor, operation, kind, scope, decision, count } in entries {
        let about = if scope.is_empty() { kind } else { format!("{kind} {scope:?}") };
        let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
        text.push_str(&format!(
            "audit: actor {}: {operation}: {about}: {}{times}\n",
            actor.0,
            decision.word()
        ));
    }
    if dropped > 0 {
        text.push_str(&format!("audit: and {dropped} more\n"));
    }
    text
}

/// Passes on what was written, tests that did not pass, and problems of actors other than the main one. Answers how many
/// such tests there were.
pub(crate) fn pass_on(
    run: &Run,
    files: &[SourceText],
    setup: &Setup,
    console: &mut Console,
) -> Result<usize, Failure> {
    for write in run.stage.take_output() {
        console.write(&write.text)?;
    }
    let audit = if setup.audit { audit_text(run) } else { String::new() };
    if !audit.is_empty() {
        console.complain(&audit)?;
    }
    for problem in run.stage.take_problems() {
        // The main actor's own ends the run and is told then.
        if problem.actor != Some(MAIN) {
            tell(&problem, files, setup, console)?;
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
