//! One actor: a machine behind the scheduler's trait.
//!
//! 1. A slice uses at most the run's quantum of reductions ([`QUANTUM`]). Where a slice ends is no part of the run: what
//!    happens at its end that a program could notice is noted with the reduction count, and a replay ends a slice exactly
//!    there.
//! 2. An actor whose exit was decided by a drain does nothing more.

mod stopping;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::{Message, ObjectTag, Value};
use protocol::{FrameRow, Problem, SourceText, setting};
use scheduler::{Cause, Context, Step};
use vm::{Debugger, Library, Machine, Outcome};

use self::stopping::WatchedExpression;
use crate::asking::Raised;
use crate::compile::{plain_problem, text_of};
use crate::door::{Behind, Door, Personal};
use crate::failure::error_context;
use crate::inspect::{self, Culprit};
use crate::journal::Entry;
use crate::profile::{Sampler, Seen};
use crate::stage::{Answer, Stage};

/// Reductions in one slice, if nothing else is asked for: a fraction of a millisecond.
pub const QUANTUM: u64 = 4_000;
/// The file that a repeated question comes from.
const REPEATED_FILE: &str = "repl";
/// Characters of a value that is shown as a result.
const RESULT_CHARACTERS_MAX: usize = 1 << 20;
/// Words of an exit reason.
const REASON_WORDS_MAX: usize = 1 << 16;
/// Frames kept of an actor that has failed.
const FRAMES_KEPT: usize = 50;

/// Why an actor ended, as other actors and people see it.
#[derive(Clone, Debug)]
pub enum Reason {
    /// Its thunk returned.
    Normal,
    /// Anything else.
    Other(Arc<Ending>),
}

/// An end that is not plain.
#[derive(Debug)]
pub struct Ending {
    /// What other actors see.
    pub message: Message,
    /// What people see.
    pub text: String,
}

impl Reason {
    /// A reason that the machine gives: a symbol of the library.
    fn of_symbol(library: &Library, name: &str, text: String) -> Reason {
        let value = library.symbol(name).unwrap_or(Value::FALSE);
        Reason::Other(Arc::new(Ending { message: Message::of_shared(value), text }))
    }

    /// A reason that a program gives.
    pub(crate) fn of_message(message: Message, library: &Library) -> Reason {
        let root = message.shared_root();
        if root.is_some() && root == library.symbol("normal") {
            return Reason::Normal;
        }
        let text = root.map_or_else(|| "a reason of its own".to_string(), vm::brief);
        Reason::Other(Arc::new(Ending { message, text }))
    }

    /// What other actors see.
    pub(crate) fn message(&self, library: &Library) -> Message {
        match self {
            Reason::Normal => Message::of_shared(library.symbol("normal").unwrap_or(Value::FALSE)),
            Reason::Other(ending) => ending.message.clone(),
        }
    }

    /// What people see.
    pub fn text(&self) -> &str {
        match self {
            Reason::Normal => "normal",
            Reason::Other(ending) => &ending.text,
        }
    }
}

/// The exit status that a reason to end stands for: 0 for `#t` and a normal end, a number for itself, 1 for all others.
fn status_of(reason: Value) -> u8 {
    let is_normal = reason.is_object(ObjectTag::Symbol) && reason.symbol_text() == "normal";
    match reason.to_fixnum() {
        Some(number) => u8::try_from(number).unwrap_or(u8::MAX),
        None => u8::from(reason != Value::TRUE && !is_normal),
    }
}

/// Figures that views read while the actor runs.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Heap in use, words, in the high 40 bits; line in the low 24.
    heap_and_line: AtomicU64,
    /// Words allocated over its life.
    allocated_words: AtomicU64,
    /// Words of its stack.
    depth_words: AtomicU64,
}

impl Gauge {
    /// Heap in use, in words.
    pub fn heap_words(&self) -> u64 {
        self.heap_and_line.load(Ordering::Relaxed) >> 24
    }

    /// Words allocated over its life.
    pub fn allocated_words(&self) -> u64 {
        self.allocated_words.load(Ordering::Relaxed)
    }

    /// Words of its stack.
    pub fn depth_words(&self) -> u64 {
        self.depth_words.load(Ordering::Relaxed)
    }

    /// Line it is at, 0 if unknown.
    pub fn line(&self) -> u32 {
        (self.heap_and_line.load(Ordering::Relaxed) & 0xff_ffff) as u32
    }
}

/// What is remembered of an ended actor.
#[derive(Clone, Debug)]
pub struct Epitaph {
    /// Name or spawn site.
    pub label: String,
    /// Heap in use at the end, words.
    pub heap_words: u64,
    /// Collections over its life.
    pub collections: u64,
    /// Line it was at.
    pub line: u32,
    /// It failed.
    pub failed: bool,
    /// The frames, if it failed.
    pub frames: Vec<FrameRow>,
    /// Its reductions, by its own count.
    pub reductions: u64,
}

/// A question that an actor is answering.
struct Asked {
    /// The asker's number for it.
    question: u64,
    /// The actor stood at a breakpoint.
    leaving: bool,
}

/// An actor of the virtual machine.
pub struct Performer {
    /// The machine.
    pub machine: Box<Machine>,
    pub(crate) personal: Personal,
    stage: Arc<Stage>,
    /// The name that it was given.
    pub name: Option<String>,
    site: (u32, u32, u32),
    debugger: Option<Box<Debugger>>,
    debugger_version: u64,
    /// Expressions whose value is watched.
    expressions: Vec<WatchedExpression>,
    /// It stands in front of its end because of a breakpoint.
    stopped_at_end: bool,
    collector_version: u64,
    sampler: Option<Box<Sampler>>,
    profiler_version: u64,
    /// Waits for another entry after its thunk has returned, instead of ending.
    pub(crate) interactive: bool,
    /// Its thunk has returned, and no other entry was given.
    pub(crate) resting: bool,
    /// The question that it is answering before it goes on.
    question: Option<Asked>,
    is_main: bool,
    failed: bool,
    frames: Vec<FrameRow>,
    /// Reductions that the last slice left.
    slice_left: u64,
}

impl Performer {
    pub(crate) fn new(
        machine: Box<Machine>,
        stage: &Arc<Stage>,
        name: Option<String>,
        site: (u32, u32, u32),
    ) -> Performer {
        Performer {
            machine,
            personal: Personal::unborn(),
            stage: stage.clone(),
            name,
            site,
            debugger: None,
            debugger_version: 0,
            expressions: Vec::new(),
            stopped_at_end: false,
            collector_version: 1,
            sampler: None,
            profiler_version: 0,
            interactive: false,
            resting: false,
            question: None,
            is_main: false,
            failed: false,
            frames: Vec::new(),
            slice_left: 0,
        }
    }

    pub(crate) fn main(machine: Box<Machine>, stage: &Arc<Stage>, interactive: bool) -> Performer {
        let mut performer = Performer::new(machine, stage, Some("main".to_string()), (0, 0, 0));
        performer.is_main = true;
        performer.interactive = interactive;
        performer
    }

    /// Registered name, else spawn site.
    pub fn label(&self) -> String {
        self.label_in(&self.stage.linker())
    }

    /// As [`Performer::label`], for callers that hold the programs.
    pub(crate) fn label_in(&self, linker: &vm::Linker) -> String {
        self.name.clone().unwrap_or_else(|| inspect::site_label(linker, self.site))
    }

    /// The image of the actor's heap, with a title, and where its objects lie.
    ///
    /// # Errors
    /// [`arena::ImageError::TooLarge`] if it has more than `words_max` words.
    #[optimize(size)]
    pub fn heap_image(
        &self,
        linker: &vm::Linker,
        number: u32,
        words_max: usize,
    ) -> Result<(arena::Image, arena::Places), arena::ImageError> {
        let (mut image, places) = self.machine.image(linker, words_max)?;
        let (label, reductions) = (self.label_in(linker), self.machine.reductions());
        image.title = format!("actor {number} ({label}) after {reductions} reductions");
        Ok((image, places))
    }

    /// Runs another closure after the thunk has returned.
    pub(crate) fn restart(&mut self, thunk: Value) {
        self.machine.restart(&self.stage.library, thunk);
        self.resting = false;
        self.failed = false;
    }

    /// Interrupts the actor to run `file` in its environment, with the variables of a frame of the program if one is meant; [`Stage::take_answers`] has what came of it, in the end. Actor
    /// `number` is not running.
    pub(crate) fn ask(
        &mut self,
        question: u64,
        (id, number): (u128, u32),
        file: SourceText,
        frame: Option<usize>,
    ) {
        let stage = self.stage.clone();
        self.be_born(id);
        if self.question.is_some() || self.resting {
            let text = "the actor is busy with an earlier question; ask again when it has answered";
            return stage.answer(question, Err(plain_problem(text.to_string())));
        }
        let text = file.text.clone();
        match self.compile_in_frame(number, file, frame) {
            Ok((entry, variables)) => {
                let frame = frame.map(|frame| frame as u32);
                self.note_question(Entry::Question { reductions: self.machine.reductions(), text, frame });
                let globals = stage.linker().initial_globals();
                self.machine.add_globals(&globals);
                self.machine.interrupt(&stage.library, entry, &variables);
                self.personal.asking.interrupt();
                self.question = Some(Asked { question, leaving: self.is_leaving() });
                self.set_leaving(false);
            }
            Err(text) => stage.answer(question, Err(plain_problem(text))),
        }
    }

    /// It learns who it is, before its first slice or the first question.
    fn be_born(&mut self, id: u128) {
        if self.personal.id == 0 {
            self.personal = Personal::new(id, &self.stage);
        }
    }

    /// What the recording has a person ask, or give up, here: does that. `false` if something else is next.
    fn repeat_question(&mut self, number: u32) -> bool {
        let Some(replay) = &mut self.personal.replay else { return false };
        if replay.pop_given_up() {
            self.answer(Err(plain_problem("given up".to_string())));
            return true;
        }
        let Some((text, frame)) = replay.pop_question() else { return false };
        // Nobody waits for the answer.
        let file = SourceText { name: REPEATED_FILE.to_string(), text };
        self.ask(0, (self.personal.id, number), file, frame.map(|frame| frame as usize));
        true
    }

    /// Notes what a person does to the actor.
    fn note_question(&mut self, entry: Entry) {
        if self.personal.replay.is_none() {
            self.personal.note(entry, &self.stage, None);
        }
    }

    /// Gives up the question that is being answered, and goes on with what it did before.
    pub(crate) fn give_up(&mut self, question: u64) {
        if self.question.as_ref().is_some_and(|asked| asked.question == question) {
            self.note_question(Entry::GaveUp { reductions: self.machine.reductions() });
            self.answer(Err(plain_problem("given up".to_string())));
        }
    }

    fn is_answering(&self) -> bool {
        self.question.is_some()
    }

    /// Tells the answer, if there is a question, and goes back to what the actor did before.
    fn answer(&mut self, answer: Answer) {
        if let Some(Asked { question, leaving }) = self.question.take() {
            self.machine.go_on();
            self.personal.asking.go_on(&self.stage.desk);
            self.set_leaving(leaving);
            self.stage.answer(question, answer);
        }
    }

    /// Collects all garbage of its heap, because somebody asked. Actor `number` is not running.
    pub(crate) fn collect(&mut self, number: u32) {
        self.machine.collect(true);
        self.report_collections(number);
        (self.stage.notify)();
    }

    /// One step of its collector, because somebody asked. Actor `number` is not running.
    pub(crate) fn step_collector(&mut self, number: u32, whole_phase: bool) -> Option<arena::CollectorStep> {
        self.refresh_collector();
        let step = self.machine.collector_step(whole_phase);
        self.report_collections(number);
        (self.stage.notify)();
        step
    }

    /// Notes where the run has stopped it.
    pub(crate) fn note_stop(&mut self, id: u128) {
        // One that never had a slice does not know who it is.
        self.personal.id = id;
        if !self.stage.is_replay() && !self.resting {
            let reductions = self.machine.reductions();
            self.personal.note(Entry::Stopped { reductions }, &self.stage, None);
            self.personal.hand_on(&self.stage, None);
        }
    }

    fn is_leaving(&self) -> bool {
        self.debugger.as_ref().is_some_and(|debugger| debugger.is_leaving())
    }

    fn set_leaving(&mut self, leaving: bool) {
        if let Some(debugger) = &mut self.debugger {
            debugger.set_leaving(leaving);
        }
    }

    fn refresh_collector(&mut self) {
        let version = self.stage.collector.version();
        if version != self.collector_version {
            self.collector_version = version;
            self.stage.collector.apply(&mut self.machine);
        }
    }

    fn refresh_sampler(&mut self, context: &Context<'_, Performer>) {
        let version = self.stage.profiler.version();
        if version != self.profiler_version {
            self.profiler_version = version;
            self.sampler = self.stage.profiler.sampler(context.id().0);
        }
    }

    /// Runs the machine until the fuel is used up or something ends the slice before.
    fn run_machine(&mut self, context: &mut Context<'_, Performer>, fuel: &mut i64) -> Outcome {
        let number = context.number();
        let debugger = self.debugger.as_deref_mut();
        let mut door = Door { context, personal: &mut self.personal, stage: &self.stage };
        let Some(sampler) = &mut self.sampler else {
            return self.machine.step(&self.stage.library, &mut door, fuel, debugger);
        };
        let label = || {
            let site = || inspect::site_label(&self.stage.linker(), self.site);
            self.name.clone().unwrap_or_else(site)
        };
        let seen = Seen { profiler: &self.stage.profiler, clock: self.stage.clock, number, label: &label };
        sampler.run(&mut self.machine, &self.stage.library, &mut door, fuel, debugger, &seen)
    }

    /// Reductions until the slice has to end.
    fn fuel(&self, context: &Context<'_, Performer>) -> i64 {
        let now = self.machine.reductions();
        let mut fuel = self.stage.quantum.min(context.allowance());
        if let Some(stop) = self.personal.replay.as_ref().and_then(|replay| replay.next_stop()) {
            fuel = fuel.min(stop.saturating_sub(now));
        }
        let limit = self.stage.settings.reductions_max;
        if limit > 0 {
            fuel = fuel.min(limit.saturating_sub(now));
        }
        fuel.max(1) as i64
    }

    /// What the recording wants done before the machine runs: `Some` when it does not run now.
    fn before_slice(&mut self, context: &mut Context<'_, Performer>) -> Option<Step<Reason>> {
        let now = self.machine.reductions();
        if let Some(text) = self.personal.replay.as_ref().and_then(|replay| replay.divergence()) {
            let text = format!("the replay has left the recording: {text}");
            return Some(self.fail(plain_problem(text), None));
        }
        while let Some(replay) = &self.personal.replay
            && replay.is_due(now)
        {
            if replay.is_stopped(now) {
                return Some(Step::Wait);
            }
            // The one before was answered first, at the same count.
            if self.is_answering() && replay.is_question_next() {
                break;
            }
            if self.repeat_question(context.number()) {
                continue;
            }
            let mut arrived = VecDeque::new();
            let mut door = Door { context, personal: &mut self.personal, stage: &self.stage };
            let goes_on = door.drain_at(now, true, &mut arrived);
            self.machine.deliver(&mut arrived);
            if !goes_on {
                return Some(self.end_by_signal(context));
            }
            if self.personal.behind.is_some() {
                // Whatever arrives wakes it; leaving the recording is reported at once.
                let diverged =
                    self.personal.replay.as_ref().is_some_and(|replay| replay.divergence().is_some());
                return Some(if diverged { Step::Yield } else { Step::Wait });
            }
        }
        None
    }

    fn end_by_signal(&mut self, context: &Context<'_, Performer>) -> Step<Reason> {
        let reason = self.personal.ending.take().unwrap_or(Reason::Normal);
        self.finish(context);
        self.personal.asking.end(&self.stage.desk);
        if self.is_main {
            self.stage
                .set_main_end(Err(plain_problem(format!("ended by an exit signal: {}", reason.text()))));
        }
        Step::Done(reason)
    }

    /// Before the end: hands on what is left to tell.
    fn finish(&mut self, context: &Context<'_, Performer>) {
        self.report_collections(context.number());
        if !self.interactive {
            self.stage.add_allocated(self.machine.heap().allocated_words());
        }
        if self.interactive {
            // It may go on, with the same files.
            self.personal.asking.send_off();
        } else {
            self.personal.asking.end(&self.stage.desk);
        }
        self.personal.hand_on(&self.stage, context.core().map(|core| core.0 as usize));
    }

    fn report_collections(&mut self, number: u32) {
        let fresh = self.machine.take_collections();
        if !fresh.is_empty() {
            self.stage.add_collections(number, self.machine.reductions(), fresh.into_iter());
        }
    }

    fn fail(&mut self, problem: Problem, message: Option<Message>) -> Step<Reason> {
        self.failed = true;
        {
            let linker = self.stage.linker();
            self.frames = inspect::frame_rows(&self.machine, &linker, FRAMES_KEPT).0;
        }
        let text = text_of(&problem);
        if self.is_main {
            self.stage.set_main_end(Err(problem.clone()));
        }
        self.stage.add_problem(problem);
        let reason = match message {
            Some(message) => Reason::Other(Arc::new(Ending { message, text })),
            None => Reason::of_symbol(&self.stage.library, "error", text),
        };
        Step::Done(reason)
    }

    /// What went wrong, as people read it. Of the main actor's problems only limits say whose they are: those are set for
    /// all actors alike.
    fn problem(&self, what: &str, number: u32, is_limit: bool, culprit: Culprit<'_>) -> Problem {
        let linker = self.stage.linker();
        let label = (is_limit || !self.is_main).then(|| self.label_in(&linker));
        inspect::failure(&self.machine, &linker, what, number, label.as_deref(), culprit)
    }

    /// The problem that an error is which nobody has handled.
    fn failure(&mut self, reason: Value, number: u32) -> Problem {
        if let Some(text) = self.machine.take_last_error() {
            return self.problem(&text, number, true, Culprit::Innermost);
        }
        let is_limit = vm::ErrorKind::of(reason).is_some_and(vm::ErrorKind::is_limit);
        let unbound = vm::unbound_name(reason);
        let culprit = match (&unbound, vm::ErrorContext::of(reason)) {
            (Some(name), _) => Culprit::Global(name),
            (None, Some(context)) if context.blames_caller => Culprit::Caller,
            _ => Culprit::Innermost,
        };
        let mut problem = self.problem(&vm::report(reason), number, is_limit, culprit);
        let limit = self.stage.settings.heap_words_max;
        let context = error_context(&self.machine, &self.stage.linker(), reason, limit, self.slice_left);
        problem.context = Some(Box::new(context));
        problem.suggestion = unbound.and_then(|name| self.stage.suggestion(&name));
        problem
    }

    /// A condition about the heap that nobody has handled is told to others as a symbol.
    fn limit_message(&self, reason: Value) -> Option<Message> {
        let kinds = [vm::ErrorKind::HeapLimit, vm::ErrorKind::CollectorOff];
        let kind = kinds.into_iter().find(|kind| kind.is_of(reason))?;
        self.stage.library.symbol(kind.symbol()).map(Message::of_shared)
    }

    fn exited(&mut self, reason: Value, failed: bool, number: u32) -> Step<Reason> {
        let message = Message::copy_out(reason, REASON_WORDS_MAX).ok();
        if failed {
            let problem = self.failure(reason, number);
            return self.fail(problem, self.limit_message(reason).or(message));
        }
        if self.is_main {
            self.stage.set_exit_status(status_of(reason));
            self.stage.set_main_end(Ok(vm::write_value(reason, vm::Mode::Write, RESULT_CHARACTERS_MAX)));
        }
        Step::Done(message.map_or(Reason::Normal, |message| Reason::of_message(message, &self.stage.library)))
    }

    fn finished(&mut self, value: Value) -> Step<Reason> {
        if self.is_main {
            self.stage.set_main_end(Ok(vm::write_value(value, vm::Mode::Write, RESULT_CHARACTERS_MAX)));
        }
        Step::Done(Reason::Normal)
    }

    /// An interactive actor rests instead of ending.
    fn rest_or(&mut self, end: Step<Reason>) -> Step<Reason> {
        if !self.interactive {
            return end;
        }
        self.resting = true;
        Step::Wait
    }

    fn after_slice(&mut self, context: &mut Context<'_, Performer>, yielded: bool) -> Step<Reason> {
        let limit = self.stage.settings.reductions_max;
        if limit > 0 && self.machine.reductions() >= limit {
            let name = setting::REDUCTIONS;
            let text = format!("the reductions are used up: {limit} are the limit (setting: {name})");
            let problem = self.problem(&text, context.number(), true, Culprit::Innermost);
            self.finish(context);
            self.personal.asking.end(&self.stage.desk);
            return self.fail(problem, None);
        }
        if self.personal.replay.is_none() && context.has_signals() {
            let mut arrived = VecDeque::new();
            let now = self.machine.reductions();
            let mut door = Door { context, personal: &mut self.personal, stage: &self.stage };
            let goes_on = door.drain_at(now, true, &mut arrived);
            self.machine.deliver(&mut arrived);
            if !goes_on {
                return self.end_by_signal(context);
            }
            // What came may be what it waits for.
            return Step::Yield;
        }
        let again = self.personal.replay.as_ref().is_some_and(|replay| {
            let due = replay.is_due(self.machine.reductions());
            let diverged = replay.divergence().is_some();
            due || diverged || replay.can_drain() || self.personal.behind == Some(Behind::Actor)
        });
        if yielded || again { Step::Yield } else { Step::Wait }
    }

    /// Puts a question that the slice has raised to the desk, with its place in the program. True if the answer is there.
    fn put_question(&mut self, context: &Context<'_, Performer>) -> bool {
        let Some(raised) = self.personal.asking.raised.take() else { return false };
        let Raised { mut question, kind } = *raised;
        {
            let linker = self.stage.linker();
            question.location =
                inspect::failure(&self.machine, &linker, "", context.number(), None, Culprit::Innermost)
                    .location;
        }
        self.stage.desk.question(context.address(), question, kind)
    }

    /// It has come to its end, and stops there for the debugger, once.
    fn stops_at_end(&mut self, context: &mut Context<'_, Performer>) -> bool {
        let stops = self.debugger.is_some()
            && !std::mem::take(&mut self.stopped_at_end)
            && self.stops_for(context, vm::EventKind::Exit);
        self.stopped_at_end = stops;
        stops
    }

    /// One slice of an actor that does not rest.
    fn slice(&mut self, context: &mut Context<'_, Performer>) -> Step<Reason> {
        if self.personal.replay.is_some()
            && let Some(step) = self.before_slice(context)
        {
            return step;
        }
        self.refresh_debugger();
        self.refresh_collector();
        self.refresh_sampler(context);
        let mut fuel = self.fuel(context);
        let outcome = loop {
            let given = fuel;
            let outcome = self.run_machine(context, &mut fuel);
            context.charge((given - fuel).max(0) as u64);
            match outcome {
                Outcome::Stopped(reason) if !self.stopped(context, reason) && fuel > 0 => {}
                outcome => break outcome,
            }
        };
        self.slice_left = fuel.max(0) as u64;
        if self.machine.has_collections() {
            self.report_collections(context.number());
        }
        match outcome {
            _ if self.personal.ending.is_some() => self.end_by_signal(context),
            Outcome::OutOfFuel | Outcome::Yielded => self.after_slice(context, true),
            Outcome::Waiting => {
                let answered = self.put_question(context);
                self.after_slice(context, answered)
            }
            Outcome::Stopped(_) => Step::Yield,
            Outcome::Finished(value) if self.is_answering() => {
                self.answer(Ok(vm::write_value(value, vm::Mode::Write, RESULT_CHARACTERS_MAX)));
                Step::Yield
            }
            Outcome::Exited { reason, failed: true } if self.is_answering() => {
                let problem = self.failure(reason, context.number());
                self.answer(Err(problem));
                Step::Yield
            }
            // It comes to its end once more when it goes on.
            Outcome::Finished(_) | Outcome::Exited { .. } if self.stops_at_end(context) => Step::Yield,
            Outcome::Finished(value) => {
                self.finish(context);
                let end = self.finished(value);
                self.rest_or(end)
            }
            Outcome::Exited { reason, failed } => {
                self.finish(context);
                let end = self.exited(reason, failed, context.number());
                self.rest_or(end)
            }
        }
    }
}

impl scheduler::Actor for Performer {
    type Message = Message;
    type Reason = Reason;
    type Epitaph = Epitaph;
    type Gauge = Gauge;

    fn step(&mut self, context: &mut Context<'_, Performer>) -> Step<Reason> {
        self.be_born(context.id().0);
        if self.resting {
            return Step::Wait;
        }
        let step = self.slice(context);
        if matches!(step, Step::Done(_)) {
            self.answer(Err(plain_problem("the actor has ended before it answered".to_string())));
        }
        if let (Step::Done(_), Some(replay)) = (&step, &mut self.personal.replay) {
            context.give_back(replay.take_held());
        }
        step
    }

    fn message_bytes(message: &Message) -> usize {
        message.bytes()
    }

    fn reason(cause: Cause) -> Reason {
        let library = &crate::compile::foundation().library;
        match cause {
            Cause::NoProcess => Reason::of_symbol(library, "noproc", "noproc".to_string()),
            Cause::Killed => Reason::of_symbol(library, "killed", "killed".to_string()),
            Cause::Panicked(text) => {
                Reason::of_symbol(library, "error", format!("the machine met a fault in this actor: {text}"))
            }
        }
    }

    fn is_normal(reason: &Reason) -> bool {
        matches!(reason, Reason::Normal)
    }

    fn publish(&self, gauge: &Gauge) {
        if self.stage.is_summing() {
            if self.stage.is_observing() {
                let heap = self.machine.heap().used_words() as u64;
                let line = u64::from(self.machine.line().min(0xff_ffff));
                gauge.heap_and_line.store(heap << 24 | line, Ordering::Relaxed);
            }
            gauge.allocated_words.store(self.machine.heap().allocated_words(), Ordering::Relaxed);
            gauge.depth_words.store(self.machine.depth_words(), Ordering::Relaxed);
        }
    }

    fn epitaph(&self) -> Epitaph {
        let totals = self.machine.heap().totals();
        let watched = self.stage.is_observing() || self.failed;
        Epitaph {
            label: if watched { self.label() } else { String::new() },
            heap_words: self.machine.heap().used_words() as u64,
            collections: totals.minor + totals.major,
            line: if watched { self.machine.line() } else { 0 },
            failed: self.failed,
            frames: self.frames.clone(),
            reductions: self.machine.reductions(),
        }
    }
}
