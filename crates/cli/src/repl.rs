//! `repl`: entries evaluated one after the other in one world; definitions and actors stay.
//!
//! 1. Between two entries the main actor rests, other actors run on, and what they write is passed on.
//! 2. An entry that can never end (all actors wait and nothing is pending) costs the world, not the REPL.
//! 3. Lines that begin with a comma are for the REPL itself: they list actors, and choose who evaluates what follows. Every
//!    live actor can; it is interrupted, and goes on afterwards.

use std::{io, thread};

use protocol::{Problem, Settings, SourceText};
use scheduler::{Activity, Unavailable};
use world::{Run, RunEnd};

use crate::Failure;
use crate::arguments::Setup;
use crate::console::Console;
use crate::editor::{Entries, Entry, Style};
use crate::host::Host;
use crate::report::report;
use crate::run::{MAIN, audit_text, pass_on, tell_losses};

/// What a form without a useful value gives; it is not worth a line.
const NO_VALUE: &str = "#<unspecified>";
/// Most actors that `,actors` lists.
const LISTED_MAX: usize = 100;
/// How often an actor is looked at that is running.
const LOOKS_MAX: usize = 1_000;
const STYLE: Style = Style { prompt: "> ", history: "physics-history", balanced: true };
const HELP: &str = ",actors     lists the live actors
,actor N    lets actor N evaluate what follows; 1 is the main actor
,help       prints this
";

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
        entries: Entries::start(STYLE, names)?,
        actor: MAIN.0,
        questions: 0,
    };
    if repl.entries.printer.is_some() {
        repl.console.line(
            "Physics World. An entry is evaluated when its parentheses are balanced; ,help says more; Control-D ends.",
        )?;
    }
    while let Some(text) = repl.next_entry(&mut host)? {
        match text.trim().strip_prefix(',') {
            Some(order) => repl.obey(order)?,
            None if text.trim().is_empty() => {}
            None if repl.actor == MAIN.0 => repl.evaluate(text, &mut host)?,
            None => repl.ask(text, &mut host)?,
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
    /// Who evaluates.
    actor: u32,
    /// Questions to others than the main actor so far.
    questions: u64,
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
                // The line is given up, and the next one begins.
                Some(Entry::Interrupted) => self.entries.ask(),
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

    /// Does what the line after a comma says.
    fn obey(&mut self, order: &str) -> io::Result<()> {
        let words: Vec<&str> = order.split_whitespace().collect();
        match words[..] {
            ["actors"] => self.list_actors(),
            ["actor", number] => match number.parse() {
                Ok(number) if number == MAIN.0 || self.run.actor(number).is_some() => {
                    self.actor = number;
                    self.console.line(&format!("Actor {number} evaluates what follows."))
                }
                _ => {
                    self.console.complain(&format!("There is no live actor {number}; ,actors lists them.\n"))
                }
            },
            ["help"] => self.console.write(HELP),
            _ => self.console.complain(&format!(",{order} is no order of the REPL:\n{HELP}")),
        }
    }

    fn list_actors(&mut self) -> io::Result<()> {
        let mut actors = Vec::new();
        let mut count = 0;
        self.run.scheduler.for_each_actor(|view| {
            count += 1;
            if actors.len() < LISTED_MAX {
                actors.push((view.number, view.address));
            }
        });
        actors.sort_unstable_by_key(|(number, _)| *number);
        for (number, address) in &actors {
            // One that runs at this moment is busy for as long as its slice lasts.
            let label = (0..LOOKS_MAX).find_map(|_| {
                let looked = self.run.scheduler.with_actor(*address, |actor| actor.label());
                thread::yield_now();
                looked.ok()
            });
            let label = label.unwrap_or_else(|| "busy".to_string());
            let mark = if *number == self.actor { "*" } else { " " };
            self.console.line(&format!("{mark} {number:>4}  {label}"))?;
        }
        if count > actors.len() {
            self.console.line(&format!("  and {} more", count - actors.len()))?;
        }
        Ok(())
    }

    /// Has the chosen actor evaluate an entry.
    fn ask(&mut self, text: String, host: &mut Host) -> Result<(), Failure> {
        let name = format!("entry-{}", self.files.len() + 1);
        let file = SourceText { name, text };
        self.files.push(file.clone());
        self.questions += 1;
        if let Err(problem) = self.run.ask(self.questions, self.actor, file, None) {
            self.actor = MAIN.0;
            self.complain(&[*problem])?;
            self.console.complain("The main actor evaluates again.\n")?;
            return Ok(());
        }
        loop {
            let deadlock = self.run.scheduler.activity() == Activity::Deadlock;
            let answers = self.run.stage.take_answers();
            pass_on(&self.run, &self.files, &self.setup, &mut self.console)?;
            if let Some((_, answer)) = answers.into_iter().find(|(number, _)| *number == self.questions) {
                match answer {
                    Ok(value) if value == NO_VALUE => {}
                    Ok(value) => self.console.line(&value)?,
                    Err(problem) => self.complain(&[problem])?,
                }
                return Ok(());
            }
            if deadlock {
                self.run.give_up(self.questions, self.actor);
                let text = "the entry waits for a message, and nothing is pending that could send one; it is given up\n";
                self.console.complain(text)?;
                return Ok(());
            }
            self.console.flush()?;
            host.work_or_wait();
        }
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
        self.actor = MAIN.0;
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
