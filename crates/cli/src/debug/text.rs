//! `debug FILE`: the debugger by lines, from a terminal or a pipe.
//!
//! 1. From a pipe an order is taken once the program stands still; on a terminal at any time, and what actors write meanwhile
//!    goes above the line that is typed. Control-C pauses the program.
//! 2. What was asked for goes to standard output, complaints to standard error. A program that fails does not fail the command.

pub(super) mod orders;
pub(super) mod show;

use std::time::{Duration, Instant};

use protocol::{
    ActorNumber, Breakpoint, BreakpointAt, Command, DebugEventKind, Event, RunStatus, SourceText,
    TestOutcome, ValuePath, WatchTarget,
};

use self::orders::{HELP, Order, Place};
use super::session::Session;
use crate::Failure;
use crate::arguments::Setup;
use crate::console::Console;
use crate::editor::{Entries, Entry, Style};
use crate::report::report;
use crate::run::MAIN;
use crate::sources;

const STYLE: Style = Style { prompt: "(debug) ", history: "physics-debug-history", balanced: false };
/// Longest rest between two looks.
const REST: Duration = Duration::from_secs(1);
/// Longest step of a script, which nobody can interrupt.
const STEP_MAX: Duration = Duration::from_secs(10);
/// Parts and variables listed at a time.
const ROWS_MAX: u32 = 50;
/// Actors listed.
const ACTORS_MAX: usize = 100;
/// Breakpoints of a session.
const BREAKPOINTS_MAX: usize = 1_000;

/// Debugs a program as the lines on standard input say, until they end.
///
/// # Errors
/// When the files cannot be read or compiled, or the streams are of no use.
pub(crate) fn debug(paths: &[String], arguments: Vec<String>, setup: &Setup) -> Result<(), Failure> {
    let files = sources::read_all(paths)?;
    let line = paths.first().cloned().into_iter().chain(arguments).collect();
    let mut session = Session::start(setup, line)?;
    let mut console = Console::new();
    if let Err(problems) = session.load(&files, Vec::new()) {
        for problem in problems {
            console.complain(&report(&problem, &files))?;
        }
        return Err(Failure::Reported);
    }
    let words = orders::WORDS.iter().map(|word| word.to_string()).collect();
    let mut face = Face {
        session,
        console,
        entries: Entries::start(STYLE, words)?,
        files,
        paths: paths.to_vec(),
        is_asked: false,
        pause_at: None,
        breakpoints: Vec::new(),
        numbered: 0,
        actor: MAIN,
        frame: 0,
    };
    if face.entries.printer.is_some() {
        face.say(
            "Physics World. The program is loaded and has not begun; `run` begins it, `help` says more.\n",
        )?;
    }
    let outcome = face.attend();
    face.session.stop();
    face.tell_events()?;
    face.console.flush()?;
    outcome
}

struct Face {
    session: Session,
    console: Console,
    entries: Entries,
    files: Vec<SourceText>,
    paths: Vec<String>,
    /// Somebody types.
    is_asked: bool,
    /// When the program is to be paused.
    pause_at: Option<Instant>,
    breakpoints: Vec<(u32, Breakpoint)>,
    /// Numbers of breakpoints and watches so far.
    numbered: u32,
    /// Whose frames are looked at.
    actor: ActorNumber,
    frame: u32,
}

impl Face {
    fn attend(&mut self) -> Result<(), Failure> {
        let scripted = self.entries.printer.is_none();
        loop {
            self.tell_events()?;
            if self.session.is_running() {
                self.pause_in_time();
                if scripted {
                    self.console.flush()?;
                    self.session.rest(self.rest());
                    continue;
                }
            } else {
                self.pause_at = None;
            }
            if !self.is_asked {
                if !scripted {
                    self.console.end_line()?;
                }
                self.console.flush()?;
                self.entries.ask();
                self.is_asked = true;
            }
            let entry = self.entries.take();
            self.is_asked = entry.is_none();
            match entry {
                Some(Entry::Text(line)) => match orders::parse(&line) {
                    Ok(None) => {}
                    Ok(Some(Order::Quit)) => return Ok(()),
                    Ok(Some(order)) => {
                        if let Err(text) = self.obey(order)? {
                            self.complain(&format!("{text}\n"))?;
                        }
                    }
                    Err(text) => self.complain(&format!("{text}\n"))?,
                },
                Some(Entry::Interrupted) if self.session.is_running() => self.session.command(Command::Pause),
                Some(Entry::Interrupted) => {}
                Some(Entry::End) => return Ok(()),
                None => self.session.rest(self.rest()),
            }
        }
    }

    fn rest(&self) -> Duration {
        self.pause_at.map_or(REST, |at| at.saturating_duration_since(Instant::now()))
    }

    fn pause_in_time(&mut self) {
        if self.pause_at.take_if(|at| *at <= Instant::now()).is_some() {
            self.session.command(Command::Pause);
        }
    }

    /// Text of the debugger; above the line that somebody types.
    fn say(&mut self, text: &str) -> Result<(), Failure> {
        match &mut self.entries.printer {
            Some(printer) if self.is_asked => {
                printer.print(text.to_string()).map_err(|error| Failure::Plain(error.to_string()))
            }
            _ => {
                self.console.end_line()?;
                Ok(self.console.write(text)?)
            }
        }
    }

    fn complain(&mut self, text: &str) -> Result<(), Failure> {
        if self.entries.printer.is_some() { self.say(text) } else { Ok(self.console.complain(text)?) }
    }

    /// Tells what happened.
    fn tell_events(&mut self) -> Result<(), Failure> {
        for event in self.session.take_events() {
            match event {
                Event::Output { text, .. } => match &mut self.entries.printer {
                    Some(_) if self.is_asked => self.say(&text)?,
                    _ => self.console.write(&text)?,
                },
                Event::Problem(problem) => {
                    let text = report(&problem, &self.files);
                    self.complain(&text)?;
                }
                Event::Debug(noted) => {
                    for event in noted {
                        let place = show::place(event.location.as_ref());
                        match event.kind {
                            DebugEventKind::Log => self.say(&format!("{place}: {}\n", event.text))?,
                            DebugEventKind::Failed => self.complain(&format!("{place}: {}\n", event.text))?,
                            _ => {}
                        }
                    }
                }
                Event::Tests(rows) => {
                    for row in rows.into_iter().filter(|row| row.outcome.is_bad()) {
                        let place = show::place(row.location.as_ref());
                        let failed = row.outcome == TestOutcome::Fail;
                        let what = if failed { "failed" } else { "passed, although it should fail" };
                        self.complain(&format!("{place}: the test {} {what}\n", row.title))?;
                    }
                }
                Event::Status(status) => self.tell_status(&status)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn tell_status(&mut self, status: &RunStatus) -> Result<(), Failure> {
        match status {
            RunStatus::Idle | RunStatus::Running => Ok(()),
            RunStatus::Paused { actor, reason } => {
                let live = self.session.actors(ACTORS_MAX).map_or_else(|_| Vec::new(), |(live, _)| live);
                let lives = live.iter().any(|row| row.actor == self.actor);
                self.actor = match (*actor, live.first()) {
                    (Some(actor), _) => actor,
                    (None, Some(first)) if !lives => first.actor,
                    (None, _) => self.actor,
                };
                self.frame = 0;
                let place = self.session.info(self.actor).ok();
                let place = place.and_then(|info| info.frames.into_iter().next()?.location);
                let reason = show::reason(reason);
                let at = place
                    .as_ref()
                    .map_or(String::new(), |place| format!(" at {}:{}", place.file, place.line));
                self.say(&format!("Actor {} stands{at}: {reason}.\n", self.actor.0))?;
                if let Some(place) = place
                    && let Some(text) = self.session.source_text(&place.file)
                {
                    self.say(&show::source(&text, place.line, place.line, 0))?;
                }
                Ok(())
            }
            RunStatus::Deadlock { .. } => self.say(
                "All actors wait, and nothing is pending. Look around; `run` begins the program anew.\n",
            ),
            RunStatus::Ended { result } => {
                let text = match result {
                    Ok(value) => format!("The program has ended: {value}\n"),
                    Err(_) => "The program has failed.\n".to_string(),
                };
                self.say(&text)
            }
            RunStatus::Stopped => self.say("The program was stopped.\n"),
        }
    }

    /// The inner error is one of the order.
    fn obey(&mut self, order: Order) -> Result<Result<(), String>, Failure> {
        let text = match order {
            Order::Help => Ok(HELP.to_string()),
            // Who reads orders sees to it.
            Order::Quit => Ok(String::new()),
            Order::Break { place, condition, after, log } => {
                self.add_breakpoint(place, condition, after, log)
            }
            Order::Delete(number) => self.delete(number),
            Order::Breakpoints => Ok(self.breakpoint_list()),
            Order::Watch(text) => self.watch(&text),
            Order::Unwatch(number) => self.unwatch(number),
            Order::Run { time } => self.begin().map(|()| self.pause_after(time)),
            Order::Continue { time } => self.go_on().map(|()| self.pause_after(time)),
            Order::Pause if self.session.is_running() => {
                self.session.command(Command::Pause);
                Ok(String::new())
            }
            Order::Pause => {
                Err("the program does not run; `run` begins it, `continue` lets it go on".to_string())
            }
            Order::Step(kind) => {
                let time = self.entries.printer.is_none().then_some(STEP_MAX);
                self.session.step(self.actor, kind).map(|()| self.pause_after(time))
            }
            Order::To(place) => self.run_to(place),
            Order::Where => self.frames(),
            Order::Frame(number) => self.select_frame(number),
            Order::Locals => self.locals(),
            Order::Print(text) => {
                self.session.evaluate(self.actor, Some(self.frame), &text).map(|value| format!("{value}\n"))
            }
            Order::Set { name, value } => {
                let source = format!("(begin (set! {name} {value}) {name})");
                let result = self.session.evaluate(self.actor, Some(self.frame), &source);
                result.map(|value| format!("{name} = {value}\n"))
            }
            Order::Globals => {
                self.session.globals(self.actor).map(|(rows, total)| show::rows(&rows, 0, total))
            }
            Order::Open { words, first } => self.open(&words, first),
            Order::Actors => {
                self.session.actors(ACTORS_MAX).map(|(live, total)| show::actors(&live, total, self.actor))
            }
            Order::Actor(number) => self.select_actor(number),
            Order::Events => self.session.info(self.actor).map(|info| show::events(&info.events)),
            Order::List(line) => self.list(line),
            Order::Disassemble => {
                self.session.info(self.actor).map(|info| show::listing(info.bytecode.as_ref()))
            }
            Order::Info => self.session.info(self.actor).map(|info| show::info(&info)),
        };
        match text {
            Ok(text) if text.is_empty() => Ok(Ok(())),
            Ok(text) => self.say(&text).map(Ok),
            Err(text) => Ok(Err(text)),
        }
    }

    fn place_of(&mut self, place: Place) -> BreakpointAt {
        match place {
            Place::Line(line) => {
                let file = self.files.first().map_or(String::new(), |file| file.name.clone());
                BreakpointAt::Line { file, line }
            }
            Place::At(BreakpointAt::Line { file, line }) => {
                let file = self.session.file_named(&file).unwrap_or(file);
                BreakpointAt::Line { file, line }
            }
            Place::At(at) => at,
        }
    }

    fn add_breakpoint(
        &mut self,
        place: Place,
        condition: String,
        after: u32,
        log: String,
    ) -> Result<String, String> {
        let at = self.place_of(place);
        if self.breakpoints.len() >= BREAKPOINTS_MAX {
            return Err(format!(
                "there are {BREAKPOINTS_MAX} breakpoints, as many as there may be; delete one first"
            ));
        }
        // One place, one breakpoint.
        self.breakpoints.retain(|(_, known)| known.at != at);
        self.numbered += 1;
        let number = self.numbered;
        self.breakpoints.push((number, Breakpoint { at: at.clone(), enabled: true, condition, after, log }));
        let rows = self.apply_breakpoints();
        let place = at.text();
        Ok(match rows.get(self.breakpoints.len() - 1) {
            Some(row) if row.bound => match (row.line, &at) {
                (Some(moved), BreakpointAt::Line { line, .. }) if moved != *line => {
                    format!("Breakpoint {number}: {place}, which is line {moved}.\n")
                }
                _ => format!("Breakpoint {number}: {place}.\n"),
            },
            _ => format!("Breakpoint {number}: {place}, where there is no code.\n"),
        })
    }

    fn apply_breakpoints(&mut self) -> Vec<protocol::BreakpointRow> {
        let wanted = self.breakpoints.iter().map(|(_, breakpoint)| breakpoint.clone()).collect();
        self.session.set_breakpoints(wanted)
    }

    fn delete(&mut self, number: u32) -> Result<String, String> {
        let place = self.breakpoints.iter().position(|(known, _)| *known == number);
        let place =
            place.ok_or_else(|| format!("there is no breakpoint {number}; `breakpoints` lists them"))?;
        self.breakpoints.remove(place);
        self.apply_breakpoints();
        Ok(String::new())
    }

    fn breakpoint_list(&mut self) -> String {
        if self.breakpoints.is_empty() {
            return "There are no breakpoints; `break LINE` sets one.\n".to_string();
        }
        let rows = self.session.breakpoint_rows();
        let listed = self.breakpoints.iter().zip(rows.into_iter().map(Some).chain(std::iter::repeat(None)));
        listed
            .map(|((number, breakpoint), row)| show::breakpoint(*number, breakpoint, row.as_ref()))
            .collect()
    }

    /// The frame that has a variable of this name; `None` if it is a global one.
    fn variable(&mut self, name: &str) -> Result<Option<u32>, String> {
        let known = self.session.variables(self.actor, self.frame).unwrap_or_default();
        if known.iter().any(|(row, _)| row.label == name) {
            return Ok(Some(self.frame));
        }
        let (globals, _) = self.session.globals(self.actor)?;
        let is_global = globals.iter().any(|row| row.label == name);
        let missing =
            || format!("there is no variable {name} here; `locals` and `globals` list what there is");
        is_global.then_some(None).ok_or_else(missing)
    }

    fn watch(&mut self, text: &str) -> Result<String, String> {
        let target = match orders::path(text) {
            Some((name, parts)) => match (self.variable(&name), parts.is_empty()) {
                (Ok(frame), true) => WatchTarget::Variable { frame, name },
                (Ok(frame), false) => WatchTarget::Part(ValuePath { frame, name, parts }),
                (Err(_), _) => WatchTarget::Expression(text.to_string()),
            },
            None => WatchTarget::Expression(text.to_string()),
        };
        let value = self.session.watch(self.actor, self.numbered + 1, target)?;
        self.numbered += 1;
        let now = if value.is_empty() { String::new() } else { format!(" = {value}") };
        Ok(format!("Watch {}: {text}{now}, of actor {}.\n", self.numbered, self.actor.0))
    }

    fn unwatch(&mut self, number: u32) -> Result<String, String> {
        let info = self.session.info(self.actor)?;
        if !info.watches.iter().any(|row| row.watch == number) {
            return Err(format!("there is no watch {number}; `info` lists them"));
        }
        self.session.command(Command::Unwatch { watch: number });
        Ok(String::new())
    }

    fn begin(&mut self) -> Result<(), String> {
        match self.session.status() {
            RunStatus::Idle => {}
            RunStatus::Running => return Err("the program runs already; `pause` pauses it".to_string()),
            RunStatus::Paused { .. } => {
                return Err("the program has begun already; `continue` lets it go on".to_string());
            }
            _ => {
                self.files = sources::read_all(&self.paths).map_err(|failure| match failure {
                    Failure::Plain(text) => text,
                    _ => "the files cannot be read".to_string(),
                })?;
                let wanted = self.breakpoints.iter().map(|(_, breakpoint)| breakpoint.clone()).collect();
                self.session.load(&self.files, wanted).map_err(|problems| {
                    let texts: Vec<String> =
                        problems.iter().map(|problem| report(problem, &self.files)).collect();
                    texts.concat().trim_end().to_string()
                })?;
            }
        }
        (self.actor, self.frame) = (MAIN, 0);
        self.session.command(Command::Run);
        Ok(())
    }

    fn go_on(&mut self) -> Result<(), String> {
        match self.session.status() {
            RunStatus::Paused { .. } => {
                self.session.command(Command::Run);
                Ok(())
            }
            RunStatus::Running => Err("the program runs already; `pause` pauses it".to_string()),
            RunStatus::Idle => Err("the program has not begun; `run` begins it".to_string()),
            _ => Err("the program has ended; `run` begins it anew".to_string()),
        }
    }

    fn pause_after(&mut self, time: Option<Duration>) -> String {
        self.pause_at = time.map(|time| Instant::now() + time);
        String::new()
    }

    fn run_to(&mut self, place: Place) -> Result<String, String> {
        if !self.session.is_paused() && *self.session.status() != RunStatus::Idle {
            self.go_on()?;
        }
        let file = self.session.info(self.actor).ok().and_then(|info| info.frames.into_iter().next());
        let here = file.and_then(|frame| frame.location).map(|place| place.file);
        let at = match (place, here) {
            (Place::Line(line), Some(file)) => BreakpointAt::Line { file, line },
            (place, _) => self.place_of(place),
        };
        let BreakpointAt::Line { file, line } = at else {
            return Err(format!("`to` goes to a line, not to {}; `break` stops there", at.text()));
        };
        self.session.command(Command::RunTo { file, line });
        Ok(String::new())
    }

    fn frames(&mut self) -> Result<String, String> {
        let info = self.session.info(self.actor)?;
        Ok(show::frames(&info.frames, self.frame))
    }

    fn select_frame(&mut self, number: u32) -> Result<String, String> {
        let frames = self.session.info(self.actor)?.frames;
        let frame = frames
            .get(number as usize)
            .ok_or_else(|| format!("there is no frame {number}; `where` lists them"))?;
        self.frame = number;
        Ok(show::frame(number, frame, true))
    }

    fn locals(&mut self) -> Result<String, String> {
        let rows = self.session.variables(self.actor, self.frame)?;
        let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
        Ok(show::rows(&rows, 0, rows.len() as u32))
    }

    fn open(&mut self, words: &[String], first: u32) -> Result<String, String> {
        let Some((name, steps)) = words.split_first() else { return Err("a name is missing".to_string()) };
        let frame = self.variable(name)?;
        let mut path = ValuePath { frame, name: name.clone(), parts: Vec::new() };
        for step in steps {
            let (rows, total) = self.session.parts(self.actor, &path, 0, 500)?;
            let labelled = rows.iter().position(|row| row.label == *step).map(|index| index as u32);
            let index = labelled.or_else(|| step.parse().ok()).filter(|index| *index < total);
            let index =
                index.ok_or_else(|| format!("there is no part {step} there, which has {total} parts"))?;
            path.parts.push(index);
        }
        let (rows, total) = self.session.parts(self.actor, &path, first, ROWS_MAX)?;
        if total == 0 {
            return Err("it has no parts".to_string());
        }
        Ok(show::rows(&rows, first, total))
    }

    fn select_actor(&mut self, number: u32) -> Result<String, String> {
        let (live, _) = self.session.actors(usize::MAX)?;
        if !live.iter().any(|row| row.actor.0 == number) {
            return Err(format!("there is no live actor {number}; `actors` lists them"));
        }
        (self.actor, self.frame) = (ActorNumber(number), 0);
        Ok(format!("Actor {number} is looked at.\n"))
    }

    fn list(&mut self, line: Option<u32>) -> Result<String, String> {
        let frame = self.session.info(self.actor).ok();
        let frame = frame.and_then(|info| info.frames.into_iter().nth(self.frame as usize));
        let (file, current) = match (frame.and_then(|frame| frame.location), self.files.first()) {
            (Some(place), _) => (place.file, place.line),
            (None, Some(file)) => (file.name.clone(), 0),
            (None, None) => return Err("there is no file".to_string()),
        };
        let text = self.session.source_text(&file).ok_or_else(|| format!("there is no text of {file}"))?;
        let around = line.unwrap_or(current.max(1));
        let shown = show::source(&text, around, current, show::LINES_AROUND);
        if shown.is_empty() { Err(format!("{file} has no line {around}")) } else { Ok(shown) }
    }
}
