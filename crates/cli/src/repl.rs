//! `repl`: entries evaluated one after the other in one world; definitions and actors stay.
//!
//! 1. Between two entries the main actor rests, other actors run on, and what they write is passed on.
//! 2. An entry that can never end (all actors wait and nothing is pending) costs the world, not the REPL.

use std::thread;

use protocol::{Problem, Settings, SourceText};
use scheduler::Unavailable;
use world::{Run, RunEnd};

use crate::Failure;
use crate::arguments::Setup;
use crate::console::Console;
use crate::editor::{Entries, Entry};
use crate::host::Host;
use crate::report::report;
use crate::run::{MAIN, audit_text, pass_on, tell_losses};

/// What a form without a useful value gives; it is not worth a line.
const NO_VALUE: &str = "#<unspecified>";

/// Reads, evaluates and prints until the input ends.
///
/// # Errors
/// When the streams are of no use.
pub(crate) fn repl(setup: &Setup) -> Result<(), Failure> {
    let mut host = Host::start(setup, vec!["physics".to_string()])?;
    let library = &world::compile::foundation().library;
    let mut names: Vec<String> = library.names().map(str::to_string).collect();
    names.sort_unstable();
    let mut repl = Repl {
        run: fresh(&host, &setup.settings)?,
        setup: setup.clone(),
        console: Console::new(),
        files: Vec::new(),
        entries: Entries::start(names)?,
    };
    if repl.entries.printer.is_some() {
        repl.console.line(
            "Physics World. An entry is evaluated when its parentheses are balanced; Control-D ends.",
        )?;
    }
    while let Some(text) = repl.next_entry(&mut host)? {
        if !text.trim().is_empty() {
            repl.evaluate(text, &mut host)?;
        }
    }
    host.settle(&mut repl.run);
    tell_losses(&repl.run, &mut repl.console)?;
    repl.console.flush()?;
    // As at the end of `run`.
    std::mem::forget(repl.run);
    Ok(())
}

/// A world in which nothing has been entered yet.
fn fresh(host: &Host, settings: &Settings) -> Result<Run, Failure> {
    let options = host.options(settings.clone(), true);
    Run::load(&[], options).map_err(|problems| {
        let texts: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        Failure::Plain(texts.join("\n"))
    })
}

struct Repl {
    run: Run,
    setup: Setup,
    console: Console,
    /// All entries so far: an error may be in the procedure of an earlier one.
    files: Vec<SourceText>,
    entries: Entries,
}

impl Repl {
    /// What was typed next; meanwhile, actors go on and may print.
    fn next_entry(&mut self, host: &mut Host) -> Result<Option<String>, Failure> {
        if self.entries.printer.is_some() {
            // The line editor draws over an unfinished line.
            self.console.end_line()?;
        }
        self.console.flush()?;
        self.entries.ask();
        loop {
            match self.entries.take() {
                Some(Entry::Text(text)) => return Ok(Some(text)),
                Some(Entry::End) => return Ok(None),
                None => {}
            }
            if self.entries.printer.is_some() {
                self.pass_on_above()?;
            } else {
                pass_on(&self.run, &self.files, &self.setup, &mut self.console)?;
                self.console.flush()?;
            }
            host.work_or_wait();
        }
    }

    /// Passes on what actors have to say while somebody types.
    fn pass_on_above(&mut self) -> Result<(), Failure> {
        let writes = self.run.stage.take_output();
        let mut text: String = writes.iter().map(|write| write.text.as_str()).collect();
        if self.setup.audit {
            text.push_str(&audit_text(&self.run));
        }
        for problem in self.run.stage.take_problems() {
            if problem.actor != Some(MAIN) {
                text.push_str(&report(&problem, &self.files));
            }
        }
        if let Some(printer) = &mut self.entries.printer
            && !text.is_empty()
        {
            printer.print(text).map_err(|error| Failure::Plain(error.to_string()))?;
        }
        Ok(())
    }

    fn evaluate(&mut self, text: String, host: &mut Host) -> Result<(), Failure> {
        let name = format!("entry-{}", self.files.len() + 1);
        let file = SourceText { name, text };
        self.files.push(file.clone());
        match self.run.enter(&[file]) {
            Ok(warnings) => self.complain(&warnings)?,
            Err(problems) => return self.complain(&problems),
        }
        match self.await_end(host)? {
            RunEnd::Main(Ok(value)) if value == NO_VALUE => {}
            RunEnd::Main(Ok(value)) => self.console.line(&value)?,
            RunEnd::Main(Err(problem)) => self.complain(&[problem])?,
            RunEnd::Deadlock(waiting) => {
                let problem = self.run.deadlock_problem(&waiting);
                self.complain(&[problem])?;
                self.begin_anew(host)?;
            }
        }
        Ok(())
    }

    /// The end of the entry that was just made, once its actor rests.
    fn await_end(&mut self, host: &mut Host) -> Result<RunEnd, Failure> {
        let end = loop {
            let end = self.run.end();
            pass_on(&self.run, &self.files, &self.setup, &mut self.console)?;
            if let Some(end) = end {
                break end;
            }
            self.console.flush()?;
            host.work_or_wait();
        };
        // The value is told within the actor's last slice, and the next entry needs that slice to be over.
        while let Some(main) = self.run.main() {
            match self.run.scheduler.with_actor(main, |_| ()) {
                Ok(()) => break,
                Err(Unavailable::Running) => thread::yield_now(),
                Err(Unavailable::Ended) => {
                    if let RunEnd::Main(Err(problem)) = &end {
                        let problem = problem.clone();
                        self.complain(&[problem])?;
                    }
                    self.begin_anew(host)?;
                    return Ok(RunEnd::Main(Ok(NO_VALUE.to_string())));
                }
            }
        }
        Ok(end)
    }

    /// The main actor is of no use any more.
    fn begin_anew(&mut self, host: &mut Host) -> Result<(), Failure> {
        host.settle(&mut self.run);
        tell_losses(&self.run, &mut self.console)?;
        self.run = fresh(host, &self.setup.settings)?;
        self.console.complain("The world begins anew: what was defined is gone.\n")?;
        Ok(())
    }

    fn complain(&mut self, problems: &[Problem]) -> Result<(), Failure> {
        for problem in problems {
            self.console.complain(&report(problem, &self.files))?;
        }
        Ok(())
    }
}
