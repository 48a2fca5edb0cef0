//! One program under the debugger: a world with its core threads, and answers to questions about it.
//!
//! 1. One thread has the session: it gives the commands, polls, and waits. Cores have threads of their own.
//! 2. Every wait here has a bound. What happened meanwhile is kept, in order, for [`Session::take_events`].
//! 3. [`Session::status`] is what the world told last, or `Running` when something was asked of it that runs actors.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use executor::pool::CORES_MAX;
use protocol::{
    ActorNumber, ActorRow, ActorSort, ActorWindow, Breakpoint, BreakpointRow, Command, DebugInfo,
    DebuggerAnswer, DebuggerQuestion, Event, HostError, HostRequest, Observation, Problem, RunStatus,
    Snapshot, SourceText, StepKind, ValuePath, ValueRow, Variant, WatchTarget,
};
use world::{Outside, World};

use crate::arguments::Setup;
use crate::files::NativeFiles;
use crate::host::{announce, memory_bytes, now_ms, wait};
use crate::included::FileSources;
use crate::{Failure, allow};

/// Longest that an expression is evaluated.
const EVALUATION_MAX: Duration = Duration::from_secs(5);
/// Longest that the world is waited for where it answers at once.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Longest between two looks at the world.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Rows of one snapshot.
const WINDOW: u32 = 500;
/// Parts of a value that are told at a time.
const PARTS_AT_ONCE: u32 = 500;

/// See the module.
pub(super) struct Session {
    world: World,
    threads: Vec<JoinHandle<()>>,
    outside: Option<Arc<NativeFiles>>,
    setup: Setup,
    status: RunStatus,
    events: Vec<Event>,
    snapshot: Option<Box<Snapshot>>,
    asked: u32,
}

impl Session {
    /// A world with nothing in it, for programs with the command line `arguments`.
    ///
    /// # Errors
    /// When the system does not give a thread, or what is allowed is of no use.
    pub(super) fn start(setup: &Setup, arguments: Vec<String>) -> Result<Session, Failure> {
        let endowment = allow::endowment(&setup.grants, arguments).map_err(Failure::Plain)?;
        let outside = NativeFiles::start(&setup.grants)?;
        let there = thread::available_parallelism().map_or(1, NonZero::get);
        let wanted = if setup.settings.cores == 0 { there } else { usize::from(setup.settings.cores) };
        let wanted = wanted.clamp(1, CORES_MAX);
        let mut world = World::new(world::Host {
            clock: now_ms,
            notify: announce,
            cores: wanted as u16,
            variant: Variant::Threads,
            memory_bytes_max: memory_bytes(),
        });
        world.compile_with(Arc::new(FileSources), setup.passes);
        world.command(Command::Endow(endowment));
        let mut session = Session {
            world,
            threads: Vec::new(),
            outside,
            setup: setup.clone(),
            status: RunStatus::Idle,
            events: Vec::new(),
            snapshot: None,
            asked: 0,
        };
        for core in 0..wanted {
            let cores = session.world.cores();
            let body = move || cores.run_core(core);
            let thread =
                thread::Builder::new().name(format!("core-{core}")).spawn(body).map_err(|error| {
                    Failure::Plain(format!("no thread for a core: {error}; try a smaller --cores"))
                })?;
            session.threads.push(thread);
        }
        Ok(session)
    }

    /// Loads a program; nothing runs yet.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn load(
        &mut self,
        files: &[SourceText],
        breakpoints: Vec<Breakpoint>,
    ) -> Result<(), Vec<Problem>> {
        let command =
            Command::Load { files: files.to_vec(), settings: self.setup.settings.clone(), breakpoints };
        self.world.command(command);
        self.pump();
        if self.world.loaded_run().is_some() {
            return Ok(());
        }
        let mut problems = Vec::new();
        self.events.retain(|event| match event {
            Event::Problem(problem) => {
                problems.push(problem.clone());
                false
            }
            _ => true,
        });
        Err(problems)
    }

    /// What the program does.
    pub(super) fn status(&self) -> &RunStatus {
        &self.status
    }

    /// Actors run.
    pub(super) fn is_running(&self) -> bool {
        self.status == RunStatus::Running
    }

    /// The program stands still in its middle.
    pub(super) fn is_paused(&self) -> bool {
        matches!(self.status, RunStatus::Paused { .. })
    }

    /// The program was started and stands still: paused, or all actors wait.
    pub(super) fn can_look(&self) -> Result<(), String> {
        match self.status {
            RunStatus::Paused { .. } | RunStatus::Deadlock { .. } => Ok(()),
            RunStatus::Running => Err("the program runs; pause it first".to_string()),
            RunStatus::Idle => Err("the program has not begun; run it first".to_string()),
            RunStatus::Ended { .. } | RunStatus::Stopped => {
                Err("the program has ended; begin it anew first".to_string())
            }
        }
    }

    /// Gives the world a command.
    pub(super) fn command(&mut self, command: Command) {
        self.world.command(command);
        self.pump();
    }

    /// What happened since the last call, in order.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        self.pump();
        std::mem::take(&mut self.events)
    }

    /// Sleeps until there may be something to tell, or somebody calls [`announce`], or so long.
    pub(super) fn rest(&self, longest: Duration) {
        let due = self.world.next_deadline().map(|due_ms| (due_ms - now_ms()).clamp(0.0, 1e3) / 1e3);
        let due = due.map_or(LOOK_PAUSE, Duration::from_secs_f64);
        wait(Some(due.min(longest).min(LOOK_PAUSE)));
    }

    fn pump(&mut self) {
        for event in self.world.poll(now_ms()) {
            match event {
                Event::Status(status) => {
                    self.status = status.clone();
                    self.events.push(Event::Status(status));
                }
                Event::Snapshot(snapshot) => self.snapshot = Some(snapshot),
                Event::HostRequest(request) => self.carry_out(request),
                Event::Ready { .. } | Event::Picture(_) => {}
                event => self.events.push(event),
            }
        }
    }

    fn carry_out(&mut self, request: HostRequest) {
        let Some(run) = self.world.loaded_run() else { return };
        let desk = run.stage.desk.clone();
        match &self.outside {
            Some(files) => files.request(&desk, request),
            None => {
                let refusal = HostError::Denied("no files were allowed; see --allow".to_string());
                let _nobody_waits = desk.answer(request.id, Err(refusal));
            }
        }
    }

    /// Polls until `find` finds something, at most so long.
    fn wait_for<T>(
        &mut self,
        longest: Duration,
        mut find: impl FnMut(&mut Session) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + longest;
        loop {
            self.pump();
            if let Some(found) = find(self) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.rest(left);
        }
    }

    /// Takes a step with an actor.
    ///
    /// # Errors
    /// When there is no such actor, or the program does not stand still.
    pub(super) fn step(&mut self, actor: ActorNumber, kind: StepKind) -> Result<(), String> {
        match self.status {
            RunStatus::Idle => {}
            RunStatus::Paused { .. } => self.must_live(actor)?,
            _ => {
                self.can_look()?;
                return Err("all actors wait and nothing is pending; nobody can take a step".to_string());
            }
        }
        self.status = RunStatus::Running;
        self.command(Command::Step { actor, kind });
        Ok(())
    }

    fn must_live(&mut self, actor: ActorNumber) -> Result<(), String> {
        let lives = self.world.loaded_run().is_some_and(|run| run.actor(actor.0).is_some());
        if lives { Ok(()) } else { Err(format!("there is no live actor {}", actor.0)) }
    }

    /// Asks the debugger about an actor.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn ask(
        &mut self,
        actor: ActorNumber,
        question: DebuggerQuestion,
    ) -> Result<DebuggerAnswer, String> {
        self.can_look()?;
        self.asked += 1;
        let wanted = self.asked;
        self.command(Command::AskDebugger { id: wanted, actor, question });
        let place = self
            .events
            .iter()
            .position(|event| matches!(event, Event::DebuggerAnswered { id, .. } if *id == wanted));
        match place.map(|place| self.events.remove(place)) {
            Some(Event::DebuggerAnswered { result, .. }) => result,
            _ => Err("the world gave no answer".to_string()),
        }
    }

    fn values(
        &mut self,
        actor: ActorNumber,
        question: DebuggerQuestion,
    ) -> Result<(Vec<ValueRow>, u32), String> {
        match self.ask(actor, question)? {
            DebuggerAnswer::Values { rows, total } => Ok((rows, total)),
            _ => Err("the world gave another answer".to_string()),
        }
    }

    /// Variables of a frame, each with whether it is captured. Where a name is there twice, only the inner one.
    ///
    /// # Errors
    /// When there is no such frame, or the program does not stand still.
    pub(super) fn variables(
        &mut self,
        actor: ActorNumber,
        frame: u32,
    ) -> Result<Vec<(ValueRow, bool)>, String> {
        let (rows, _) = self.values(actor, DebuggerQuestion::Variables { frame })?;
        let info = self.info(actor)?;
        let known =
            info.frames.into_iter().nth(frame as usize).map_or_else(Vec::new, |frame| frame.variables);
        let is_captured = |index: usize| known.get(index).is_some_and(|variable| variable.captured);
        let mut shown: Vec<(ValueRow, bool)> = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let captured = is_captured(index);
            match shown.iter().position(|(known, _)| known.label == row.label) {
                None => shown.push((row, captured)),
                Some(place) if !captured => shown[place] = (row, captured),
                Some(_) => {}
            }
        }
        Ok(shown)
    }

    /// The global variables that the program defines, and how many there are.
    ///
    /// # Errors
    /// When the program does not stand still.
    pub(super) fn globals(&mut self, actor: ActorNumber) -> Result<(Vec<ValueRow>, u32), String> {
        self.values(actor, DebuggerQuestion::Globals)
    }

    /// Parts of a value from `first` on, and how many there are.
    ///
    /// # Errors
    /// When there is no such value any more.
    pub(super) fn parts(
        &mut self,
        actor: ActorNumber,
        path: &ValuePath,
        first: u32,
        count: u32,
    ) -> Result<(Vec<ValueRow>, u32), String> {
        let mut all = Vec::new();
        loop {
            let from = first.saturating_add(all.len() as u32);
            let wanted = (count - all.len() as u32).min(PARTS_AT_ONCE);
            let question = DebuggerQuestion::Parts { path: path.clone(), first: from, count: wanted };
            let (rows, total) = self.values(actor, question)?;
            let is_last = rows.len() < PARTS_AT_ONCE as usize;
            all.extend(rows);
            if is_last || all.len() as u32 >= count {
                return Ok((all, total));
            }
        }
    }

    /// Everything about an actor.
    ///
    /// # Errors
    /// When there is no such actor, or the program does not stand still.
    pub(super) fn info(&mut self, actor: ActorNumber) -> Result<Box<DebugInfo>, String> {
        match self.ask(actor, DebuggerQuestion::Info)? {
            DebuggerAnswer::Info(info) => Ok(info),
            _ => Err("the world gave another answer".to_string()),
        }
    }

    /// Watches something; answers its value.
    ///
    /// # Errors
    /// Why it cannot be watched.
    pub(super) fn watch(
        &mut self,
        actor: ActorNumber,
        watch: u32,
        target: WatchTarget,
    ) -> Result<String, String> {
        match self.ask(actor, DebuggerQuestion::Watch { watch, target })? {
            DebuggerAnswer::Watching(value) => Ok(value),
            _ => Err("the world gave another answer".to_string()),
        }
    }

    /// The value of an expression in a frame, or among the globals of an actor, as `write` prints it.
    ///
    /// # Errors
    /// Why it has none.
    pub(super) fn evaluate(
        &mut self,
        actor: ActorNumber,
        frame: Option<u32>,
        source: &str,
    ) -> Result<String, String> {
        if !self.is_running() && !self.is_paused() {
            self.can_look()?;
            return Err("all actors wait and nothing is pending; nobody can evaluate anything".to_string());
        }
        if source.trim().is_empty() {
            return Err("an expression is missing".to_string());
        }
        self.must_live(actor)?;
        let frame = frame.filter(|_| self.is_paused());
        self.asked += 1;
        let wanted = self.asked;
        self.command(Command::EvaluateInActor { id: wanted, actor, source: source.to_string(), frame });
        let answer = |session: &mut Session| {
            let place = session
                .events
                .iter()
                .position(|event| matches!(event, Event::Evaluated { id, .. } if *id == wanted))?;
            match session.events.remove(place) {
                Event::Evaluated { result, .. } => Some(result.map(|evaluation| evaluation.value)),
                _ => None,
            }
        };
        if let Some(result) = self.wait_for(EVALUATION_MAX, answer) {
            return result;
        }
        self.command(Command::GiveUp { id: wanted });
        self.wait_for(ANSWER_MAX, answer);
        let seconds = EVALUATION_MAX.as_secs();
        Err(format!("it has no value after {seconds} seconds, and is given up: it runs on, or waits"))
    }

    /// Replaces all breakpoints; answers what became of each.
    pub(super) fn set_breakpoints(&mut self, breakpoints: Vec<Breakpoint>) -> Vec<BreakpointRow> {
        self.command(Command::SetBreakpoints(breakpoints));
        // While the program runs, its cores come to rest first.
        self.wait_for(ANSWER_MAX, |session| {
            let closed = session.world.loaded_run().is_some_and(|run| run.scheduler.is_closed());
            (!session.is_running() || !closed).then_some(())
        });
        self.breakpoint_rows()
    }

    /// What became of each breakpoint.
    pub(super) fn breakpoint_rows(&mut self) -> Vec<BreakpointRow> {
        self.world.loaded_run().map_or_else(Vec::new, |run| run.stage.debugging.rows())
    }

    /// Live actors, at most `limit`, and how many there are with those that have ended.
    ///
    /// # Errors
    /// When there is no program.
    pub(super) fn actors(&mut self, limit: usize) -> Result<(Vec<ActorRow>, u32), String> {
        use protocol::ActorState::{Done, Failed};
        let mut live = Vec::new();
        let mut first = 0;
        loop {
            let window = ActorWindow { sort: ActorSort::Number, descending: false, first, count: WINDOW };
            let snapshot = self.picture(window)?;
            live.extend(snapshot.actors.into_iter().filter(|row| !matches!(row.state, Done | Failed)));
            first += WINDOW;
            if first >= snapshot.actors_total || live.len() >= limit {
                live.truncate(limit);
                return Ok((live, snapshot.actors_total));
            }
        }
    }

    fn picture(&mut self, window: ActorWindow) -> Result<Snapshot, String> {
        if self.world.loaded_run().is_none() {
            return Err("there is no program".to_string());
        }
        self.snapshot = None;
        let wanted = Observation { interval_ms: 1_000, actors: Some(window), ..Observation::default() };
        self.command(Command::Observe(wanted));
        let snapshot = self.wait_for(ANSWER_MAX, |session| session.snapshot.take());
        self.command(Command::Observe(Observation::default()));
        snapshot.map(|snapshot| *snapshot).ok_or_else(|| "the world gave no answer".to_string())
    }

    /// The exit status that the program has asked for.
    pub(super) fn exit_status(&mut self) -> Option<u8> {
        self.world.loaded_run().and_then(|run| run.stage.exit_status())
    }

    /// Names of the program's files: those that were loaded, and those that they include or import.
    pub(super) fn source_names(&mut self) -> Vec<String> {
        let Some(run) = self.world.loaded_run() else { return Vec::new() };
        let linker = run.stage.linker();
        let mut names: Vec<String> = Vec::new();
        for file in linker.units().iter().flat_map(|unit| &unit.program.files) {
            if !names.contains(&file.name) {
                names.push(file.name.clone());
            }
        }
        names
    }

    /// The text of a file of the program.
    pub(super) fn source_text(&mut self, name: &str) -> Option<String> {
        let run = self.world.loaded_run()?;
        let linker = run.stage.linker();
        let mut files = linker.units().iter().flat_map(|unit| &unit.program.files);
        files.find(|file| file.name == name).map(|file| file.text.clone())
    }

    /// The file of the program that is meant by `path`: of this name, or the same file on disk, or the only one with that end.
    pub(super) fn file_named(&mut self, path: &str) -> Option<String> {
        let names = self.source_names();
        if let Some(name) = names.iter().find(|name| *name == path) {
            return Some(name.clone());
        }
        let real = Path::new(path).canonicalize().ok();
        let same = |name: &&String| real.is_some() && Path::new(name.as_str()).canonicalize().ok() == real;
        if let Some(name) = names.iter().find(same) {
            return Some(name.clone());
        }
        let mut ends = names.iter().filter(|name| Path::new(name.as_str()).ends_with(path));
        ends.next().filter(|_| ends.next().is_none()).cloned()
    }

    /// Ends the program, and returns when what it has written to files is there.
    pub(super) fn stop(&mut self) {
        if !matches!(self.status, RunStatus::Idle | RunStatus::Ended { .. } | RunStatus::Stopped) {
            self.command(Command::Stop);
            self.wait_for(ANSWER_MAX, |session| (session.status == RunStatus::Stopped).then_some(()));
        }
        let settled = |session: &mut Session| {
            session.world.loaded_run().is_none_or(|run| run.stage.desk.is_quiet()).then_some(())
        };
        self.wait_for(ANSWER_MAX, settled);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
        self.world.cores().shut_down();
        for thread in self.threads.drain(..) {
            // A core that panicked has said so.
            let _panicked = thread.join();
        }
    }
}
