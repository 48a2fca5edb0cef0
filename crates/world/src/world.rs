//! The façade: commands in, events out.
//!
//! 1. No command waits: a pause or a stop is asked for here and reported by [`World::poll`] once the cores stand still.
//! 2. At most one program is loaded; evaluations run beside it, each in a world of its own.

mod collecting;
mod debugging;
mod heap;
mod profiling;
mod question;

use std::sync::Arc;

use executor::{Clock, CoreIndex, Pool, Progress};
use protocol::{
    ActorNumber, Breakpoint, Command, Endowment, Event, Location, Observation, PauseReason, Problem,
    RunStatus, Settings, SourceText, Speed, Variant,
};
use scheduler::Address;
use scheme::Sources;
use scheme::passes::Passes;

use self::collecting::Stepping;
use self::heap::Heaps;
use self::question::Question;
use crate::compile::text_of;
use crate::evaluate::Evaluating;
use crate::measure::Measuring;
use crate::observe::Observer;
use crate::picture::Painter;
use crate::repeat::Repeating;
use crate::run::{Drive, Run, RunEnd, RunOptions};

/// Longest that a step runs in one go, ms; it goes on at the next poll.
const STEP_MS_MAX: f64 = 10.0;
/// Words of journal that a repetition on demand may take: the whole run has to fit.
const REPEAT_JOURNAL_WORDS: usize = 1 << 24;
/// Shortest time between two snapshots, ms.
const SNAPSHOT_MS_MIN: u32 = 10;

/// What an engine gives a world.
#[derive(Clone, Copy)]
pub struct Host {
    /// Milliseconds that pass, the same on every thread.
    pub clock: fn() -> f64,
    /// Called on any core when [`World::poll`] has something to tell.
    pub notify: fn(),
    /// Cores there are.
    pub cores: u16,
    /// Threads, or one cooperative loop.
    pub variant: Variant,
    /// Most bytes that the engine's memory can grow to.
    pub memory_bytes_max: u64,
}

/// The core loops: each thread of a threaded engine calls [`Cores::run_core`] once.
pub struct Cores {
    pool: Pool,
}

impl Cores {
    /// Runs one core until the engine ends.
    pub fn run_core(&self, core: usize) {
        self.pool.run_core(CoreIndex(core as u16));
    }

    /// Ends all core loops.
    pub fn shut_down(&self) {
        self.pool.shut_down();
    }
}

struct Loaded {
    files: Vec<SourceText>,
    settings: Settings,
    /// `None` when the program does not compile.
    run: Option<Run>,
    step: Option<Address>,
    /// The cores are to be quiet for a moment, so that breakpoints can be set.
    arming: bool,
    pause_wanted: bool,
    stop_wanted: bool,
    /// Answered when the main actor rests again.
    entering: Option<Question>,
    /// What live actors were asked.
    questions: Vec<Question>,
}

/// One engine's world.
pub struct World {
    host: Host,
    pool: Pool,
    cores: Arc<Cores>,
    loaded: Option<Loaded>,
    breakpoints: Vec<Breakpoint>,
    /// Where the run is to stop once.
    run_to: Option<Breakpoint>,
    speed: Speed,
    /// Reductions between two samples; 0 while nothing is sampled.
    profiling: u32,
    endowment: Endowment,
    sources: Option<Arc<dyn Sources>>,
    passes: Passes,
    evaluating: Vec<Evaluating>,
    repeating: Vec<Repeating>,
    measuring: Vec<Measuring>,
    stepping: Vec<Stepping>,
    events: Vec<Event>,
    status: RunStatus,
    observation: Observation,
    observer: Observer,
    painter: Painter,
    heaps: Heaps,
    snapshot_due_ms: Option<f64>,
    idle_until_ms: Option<f64>,
    /// The end that the run had come to when an actor was asked something.
    asked_at: Option<RunStatus>,
    /// Questions so far.
    asked: u64,
}

impl World {
    /// An engine's world. Its first event is [`Event::Ready`].
    #[optimize(size)]
    pub fn new(host: Host) -> World {
        let threads = host.variant == Variant::Threads;
        let pool = Pool::new(if threads { usize::from(host.cores.clamp(1, 64)) } else { 1 });
        let cores = Arc::new(Cores { pool: pool.clone() });
        // Compiled now, so that the first program need not wait for it.
        crate::compile::foundation();
        let ready = Event::Ready {
            version: protocol::VERSION,
            variant: host.variant,
            cores: pool.cores() as u16,
            memory_bytes_max: host.memory_bytes_max,
            collectors: crate::collector::named_collectors(),
        };
        World {
            host,
            pool,
            cores,
            loaded: None,
            breakpoints: Vec::new(),
            run_to: None,
            speed: Speed::Full,
            profiling: 0,
            endowment: Endowment::default(),
            sources: None,
            passes: Passes::ALL,
            evaluating: Vec::new(),
            repeating: Vec::new(),
            measuring: Vec::new(),
            stepping: Vec::new(),
            events: vec![ready],
            status: RunStatus::Idle,
            observation: Observation::default(),
            observer: Observer::default(),
            painter: Painter::default(),
            heaps: Heaps::default(),
            snapshot_due_ms: None,
            idle_until_ms: None,
            asked_at: None,
            asked: 0,
        }
    }

    /// The core loops, for the threads that run them.
    pub fn cores(&self) -> Arc<Cores> {
        self.cores.clone()
    }

    /// Where programs that are loaded from now on find included files, and what the compiler does to make them faster.
    #[optimize(size)]
    pub fn compile_with(&mut self, sources: Arc<dyn Sources>, passes: Passes) {
        self.sources = Some(sources);
        self.passes = passes;
    }

    /// Takes a command; what it causes arrives through [`World::poll`].
    #[optimize(size)]
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Load { files, settings, breakpoints } => {
                self.breakpoints = breakpoints;
                self.load(files, settings);
            }
            Command::Run => self.run(),
            Command::Pause => self.pause(),
            Command::Step { actor, kind } => self.step(actor, kind),
            Command::Stop => self.stop(),
            Command::Reset => {
                self.drop_questions();
                if let Some(Loaded { files, settings, .. }) = self.loaded.take() {
                    self.load(files, settings);
                }
            }
            Command::SetSpeed(speed) => {
                self.speed = speed;
                self.apply_speed();
            }
            Command::SetCollector(settings) => {
                if let Some(loaded) = &mut self.loaded {
                    loaded.settings.collector = settings;
                    if let Some(run) = &loaded.run {
                        run.stage.collector.set(settings);
                    }
                }
            }
            Command::SetBreakpoints(breakpoints) => {
                self.breakpoints = breakpoints;
                self.apply_breakpoints();
            }
            Command::Observe(observation) => {
                self.observation = observation;
                self.apply_observation();
            }
            Command::Evaluate { id, source, settings } => self.evaluate(id, source, settings),
            Command::CheckReplay { id, source, settings } => {
                let options =
                    RunOptions { journal_words_max: REPEAT_JOURNAL_WORDS, ..self.options(settings, true) };
                match Repeating::start(id, source, options) {
                    Ok(repeating) => self.repeating.push(repeating),
                    Err(text) => self.events.push(Event::Evaluated { id, result: Err(text) }),
                }
            }
            Command::EvaluateInActor { id, actor, source, frame } => {
                self.evaluate_in_actor(id, actor, source, frame);
            }
            Command::AskDebugger { id, actor, question } => self.ask_debugger(id, actor, &question),
            Command::Unwatch { watch } => self.unwatch(watch),
            Command::RunTo { file, line } => self.run_to(file, line),
            Command::AskHeap { id, question } => self.ask_heap(id, question),
            Command::Endow(endowment) => self.endowment = endowment,
            Command::AnswerHost { id, result } => {
                let _nobody_waits = self.runs().any(|run| run.stage.desk.answer(id, result.clone()));
            }
            Command::AnswerPermission { id, permission } => {
                let _nobody_waits = self.runs().any(|run| run.stage.desk.answer_permission(id, &permission));
            }
            Command::Collect { actor } => self.collect(actor),
            Command::StepCollector { id, actor, extent } => self.step_collector(id, actor, extent),
            Command::MeasureCollector { id, files, settings, milliseconds_max } => {
                self.measure(id, &files, settings, milliseconds_max);
            }
            Command::SetProfiling { interval } => {
                self.profiling = interval;
                self.apply_profiling();
            }
            Command::AskProfile { actor } => self.tell_profile(actor),
            Command::GiveUp { id } => {
                self.measuring.iter_mut().filter(|one| one.id == id).for_each(Measuring::give_up);
                self.give_up(id);
            }
        }
        (self.host.notify)();
    }

    /// All runs there are.
    fn runs(&self) -> impl Iterator<Item = &Run> {
        let loaded = self.loaded.iter().filter_map(|loaded| loaded.run.as_ref());
        let evaluating = self.evaluating.iter().map(Evaluating::run);
        let measuring = self.measuring.iter().map(Measuring::run);
        loaded.chain(evaluating).chain(self.repeating.iter().map(Repeating::run)).chain(measuring)
    }

    #[optimize(size)]
    fn options(&self, settings: Settings, ends_with_main: bool) -> RunOptions {
        let all = self.pool.cores();
        let cores = if settings.cores == 0 { all } else { usize::from(settings.cores).min(all) };
        let world_bytes_max = if settings.world_bytes_max == 0 {
            self.host.memory_bytes_max / 4 * 3
        } else {
            settings.world_bytes_max
        };
        RunOptions {
            settings,
            world_bytes_max,
            clock: self.host.clock,
            notify: self.host.notify,
            drive: Drive::Pool(self.pool.clone(), cores),
            ends_with_main,
            interactive: !ends_with_main,
            quantum: crate::actor::QUANTUM,
            journal_words_max: crate::journal::JOURNAL_WORDS_MAX,
            replay: None,
            // Nobody sits before what runs apart from the loaded program.
            endowment: Endowment { asks: self.endowment.asks && !ends_with_main, ..self.endowment.clone() },
            outside: None,
            sources: self.sources.clone(),
            passes: self.passes,
        }
    }

    #[optimize(size)]
    fn load(&mut self, files: Vec<SourceText>, settings: Settings) {
        // The former run ends first, so that its memory is free.
        self.drop_questions();
        if let Some(Loaded { run: Some(mut run), .. }) = self.loaded.take() {
            retire(&mut run, &mut self.events);
        }
        let run = match Run::load(&files, self.options(settings.clone(), false)) {
            Ok(mut run) => {
                self.events.extend(std::mem::take(&mut run.warnings).into_iter().map(Event::Problem));
                Some(run)
            }
            Err(problems) => {
                self.events.extend(problems.into_iter().map(Event::Problem));
                None
            }
        };
        self.loaded = Some(Loaded {
            files,
            settings,
            run,
            step: None,
            arming: false,
            pause_wanted: false,
            stop_wanted: false,
            entering: None,
            questions: Vec::new(),
        });
        self.observer = Observer::default();
        self.painter.watch(None, 0.0);
        self.drop_heaps();
        self.apply_breakpoints();
        self.apply_speed();
        self.apply_profiling();
        self.apply_observation();
        self.set_status(RunStatus::Idle);
    }

    #[optimize(size)]
    fn run(&mut self) {
        let over =
            matches!(self.status, RunStatus::Ended { .. } | RunStatus::Stopped | RunStatus::Deadlock { .. });
        if over {
            self.drop_questions();
        }
        if over && let Some(Loaded { files, settings, .. }) = self.loaded.take() {
            self.load(files, settings);
        }
        let Some(Loaded { run: Some(run), step, pause_wanted, .. }) = &mut self.loaded else { return };
        *step = None;
        *pause_wanted = false;
        if run.is_started() {
            // Another actor has stopped as well.
            if let Some(stop) = run.stage.debugging.take_stop() {
                let status = self.paused_by(stop);
                return self.set_status(status);
            }
            run.scheduler.resume();
            self.set_status(RunStatus::Running);
        } else {
            match run.start() {
                Ok(()) => self.set_status(RunStatus::Running),
                Err(problem) => {
                    self.events.push(Event::Problem((*problem).clone()));
                    self.set_status(RunStatus::Ended { result: Err(text_of(&problem)) });
                }
            }
        }
    }

    #[optimize(size)]
    fn stop(&mut self) {
        if let Some(Loaded { run: Some(run), stop_wanted, step, .. }) = &mut self.loaded
            && run.is_started()
        {
            run.stop();
            run.stage.desk.withdraw_questions();
            *stop_wanted = true;
            *step = None;
        }
        self.measuring.iter_mut().for_each(Measuring::give_up);
        let mut ids = Vec::new();
        for mut evaluating in self.evaluating.drain(..) {
            retire(evaluating.run_mut(), &mut self.events);
            ids.push(evaluating.id);
        }
        for mut repeating in self.repeating.drain(..) {
            retire(repeating.run_mut(), &mut self.events);
            ids.push(repeating.id);
        }
        for id in ids {
            self.events.push(Event::Evaluated { id, result: Err("stopped".to_string()) });
        }
    }

    fn apply_speed(&mut self) {
        if let Some(Loaded { run: Some(run), .. }) = &self.loaded {
            run.scheduler.set_rate(match self.speed {
                Speed::Full => None,
                Speed::ReductionsPerSecond(rate) => Some(u64::from(rate.max(1))),
            });
        }
    }

    #[optimize(size)]
    fn apply_observation(&mut self) {
        let watching = self.observation.interval_ms > 0;
        if let Some(Loaded { run: Some(run), .. }) = &self.loaded {
            run.stage.set_observing(watching);
            // From the first slice on: a short program is over before the first picture.
            run.scheduler.record_slices(watching && self.observation.cores);
        }
        let now_ms = (self.host.clock)();
        self.snapshot_due_ms = watching.then_some(now_ms);
        self.painter.watch(self.observation.selected.filter(|_| watching && self.observation.heap), now_ms);
    }

    fn evaluate(&mut self, id: u32, source: String, settings: Settings) {
        match Evaluating::start(id, source, self.options(settings, true)) {
            Ok(evaluating) => self.evaluating.push(evaluating),
            Err(text) => self.events.push(Event::Evaluated { id, result: Err(text) }),
        }
    }

    #[optimize(size)]
    fn set_status(&mut self, status: RunStatus) {
        if self.status != status || status == RunStatus::Idle {
            self.status = status.clone();
            self.events.push(Event::Status(status));
        }
        // A change is worth a picture at once.
        if self.snapshot_due_ms.is_some() {
            self.snapshot_due_ms = Some((self.host.clock)());
            self.painter.look_again((self.host.clock)());
        }
    }

    /// What happened since the last call, in order.
    #[optimize(size)]
    pub fn poll(&mut self, now_ms: f64) -> Vec<Event> {
        self.poll_evaluations();
        self.poll_measurements();
        self.poll_run();
        if self.snapshot_due_ms.is_some_and(|due_ms| due_ms <= now_ms) {
            self.take_snapshot(now_ms);
        }
        if let Some(Loaded { run: Some(run), .. }) = &self.loaded
            && let Some(picture) = self.painter.poll(run, now_ms, self.status == RunStatus::Running)
        {
            self.events.push(Event::Picture(picture));
        }
        std::mem::take(&mut self.events)
    }

    #[optimize(size)]
    fn poll_evaluations(&mut self) {
        let events = &mut self.events;
        self.evaluating.retain_mut(|evaluating| match evaluating.poll() {
            Some(result) => {
                retire(evaluating.run_mut(), events);
                events.push(Event::Evaluated { id: evaluating.id, result });
                false
            }
            None => true,
        });
        self.repeating.retain_mut(|repeating| match repeating.poll() {
            Some(result) => {
                retire(repeating.run_mut(), events);
                events.push(Event::Evaluated { id: repeating.id, result });
                false
            }
            None => true,
        });
        for repeating in &mut self.repeating {
            events.extend(repeating.take_left().into_iter().map(Event::HostRequest));
        }
        let evaluating = self.evaluating.iter().map(Evaluating::run);
        let repeating = self.repeating.iter().map(Repeating::run);
        for run in evaluating.chain(repeating).chain(self.measuring.iter().map(Measuring::run)) {
            tell_of_desk(run, events);
        }
    }

    #[optimize(size)]
    fn poll_run(&mut self) {
        if self.loaded.as_ref().is_some_and(|loaded| loaded.step.is_some()) {
            self.continue_step();
        }
        self.poll_questions();
        self.poll_heaps();
        self.poll_steps();
        let Some(Loaded { run: Some(run), arming, pause_wanted, stop_wanted, entering, step, .. }) =
            &mut self.loaded
        else {
            return;
        };
        let mut ended = None;
        let mut stop = None;
        if run.is_started() && self.status == RunStatus::Running && step.is_none() {
            let quiet = run.scheduler.is_quiet();
            if *stop_wanted && quiet {
                *stop_wanted = false;
                ended = Some(RunStatus::Stopped);
            } else if !run.scheduler.is_closed() {
                ended = end_of(run);
            } else if quiet && !*stop_wanted {
                stop = Some(run.stage.debugging.take_stop());
                if *arming && !*pause_wanted && stop.as_ref().is_some_and(Option::is_none) {
                    return self.finish_arming();
                }
                *pause_wanted = false;
            }
        } else if *stop_wanted && run.scheduler.is_quiet() {
            *stop_wanted = false;
            ended = Some(RunStatus::Stopped);
        }
        // After the decision, so that what an actor wrote before its end is told before the end.
        for write in run.stage.take_output() {
            self.events.push(Event::Output { actor: ActorNumber(write.number), text: write.text });
        }
        if matches!(ended, Some(RunStatus::Stopped | RunStatus::Deadlock { .. })) {
            run.send_off_files();
        }
        tell_of_desk(run, &mut self.events);
        self.events.extend(run.stage.take_problems().into_iter().map(Event::Problem));
        let noted = run.stage.debugging.take_events();
        if !noted.is_empty() {
            self.events.push(Event::Debug(noted));
        }
        let tests = run.stage.take_tests();
        if !tests.is_empty() {
            self.events.push(Event::Tests(tests));
        }
        if let Some(end) = run.main_end()
            && let Some(question) = entering.take()
        {
            self.events.push(question.answered(end, &self.host));
        }
        // A question to one of them has not changed who waits.
        let same = self.asked_at.take_if(|_| ended.is_some()) == ended;
        if let Some(RunStatus::Deadlock { waiting }) = ended.as_ref().filter(|_| !same) {
            let numbers: Vec<u32> = waiting.iter().map(|number| number.0).collect();
            self.events.push(Event::Problem(run.deadlock_problem(&numbers)));
        }
        if let Some(stop) = stop {
            let status = match stop {
                Some(stop) => self.paused_by(stop),
                None => RunStatus::Paused { actor: None, reason: PauseReason::Requested },
            };
            self.set_status(status);
            if self.loaded.as_mut().is_some_and(|loaded| std::mem::take(&mut loaded.arming)) {
                self.apply_breakpoints();
            }
        }
        if let Some(status) = ended {
            self.set_status(status);
        }
    }

    #[optimize(size)]
    fn take_snapshot(&mut self, now_ms: f64) {
        let interval_ms = f64::from(self.observation.interval_ms.max(SNAPSHOT_MS_MIN));
        let running = self.status == RunStatus::Running;
        self.snapshot_due_ms = Some(if running { now_ms + interval_ms } else { f64::INFINITY });
        let Some(Loaded { run: Some(run), .. }) = &self.loaded else { return };
        let snapshot = self.observer.snapshot(run, &self.observation, self.status.clone());
        if snapshot.selected.is_none()
            && self.observation.selected.is_some()
            && !running
            && self.observer.is_waiting()
        {
            // The selected actor was just finishing a slice: look again soon.
            self.snapshot_due_ms = Some(now_ms + interval_ms);
        }
        self.events.push(Event::Snapshot(Box::new(snapshot)));
    }

    /// When to poll again even if nothing calls [`Host::notify`], by the host's clock.
    pub fn next_deadline(&self) -> Option<f64> {
        let snapshot = self.snapshot_due_ms.filter(|due_ms| due_ms.is_finite());
        let soon = self.needs_attention().then(|| (self.host.clock)() + 2.0);
        [snapshot, soon, self.painter.deadline(), self.idle_until_ms].into_iter().flatten().reduce(f64::min)
    }

    /// A pause, a stop or a step is under way.
    #[optimize(size)]
    fn needs_attention(&self) -> bool {
        let is_asked = self.heaps.is_waiting() || !self.stepping.is_empty() || !self.measuring.is_empty();
        if is_asked || self.repeating.iter().any(Repeating::needs_polls) {
            return true;
        }
        self.loaded.as_ref().is_some_and(|loaded| {
            let closed = loaded.run.as_ref().is_some_and(|run| run.scheduler.is_closed());
            loaded.pause_wanted
                || loaded.stop_wanted
                || loaded.step.is_some()
                || loaded.arming
                || (closed && loaded.questions.iter().any(Question::needs_polls))
                || (closed && self.status == RunStatus::Running)
        })
    }

    /// Runs actors on the calling thread for about so many milliseconds. True if there is more to do now. For the
    /// single-thread variant.
    #[optimize(size)]
    pub fn run_slice(&mut self, budget_ms: f64) -> bool {
        let clock: &dyn Clock = &self.host.clock;
        self.idle_until_ms = None;
        match self.pool.run_slice(CoreIndex(0), budget_ms, clock) {
            Progress::Ran => true,
            Progress::Idle => false,
            Progress::IdleFor(ms) => {
                self.idle_until_ms = Some((self.host.clock)() + ms);
                false
            }
        }
    }

    /// The loaded program's run, for hosts that look deeper than the protocol.
    pub fn loaded_run(&mut self) -> Option<&mut Run> {
        self.loaded.as_mut()?.run.as_mut()
    }
}

/// What a run's actors ask of the host, and what was decided about their capabilities.
#[optimize(size)]
fn tell_of_desk(run: &Run, events: &mut Vec<Event>) {
    let desk = &run.stage.desk;
    events.extend(desk.take_requests().into_iter().map(Event::HostRequest));
    events.extend(desk.take_questions().into_iter().map(Event::PermissionQuestion));
    events.extend(desk.take_withdrawn().into_iter().map(|id| Event::QuestionWithdrawn { id }));
    let (entries, dropped) = desk.take_audit();
    if !entries.is_empty() {
        events.push(Event::Audit { entries, dropped });
    }
}

/// Ends a run; what it has written to files is told.
fn retire(run: &mut Run, events: &mut Vec<Event>) {
    run.retire();
    tell_of_desk(run, events);
}

fn end_of(run: &Run) -> Option<RunStatus> {
    run.end().map(status_of)
}

fn status_of(end: RunEnd) -> RunStatus {
    match end {
        RunEnd::Main(Ok(value)) => RunStatus::Ended { result: Ok(value) },
        RunEnd::Main(Err(problem)) => RunStatus::Ended { result: Err(text_of(&problem)) },
        RunEnd::Deadlock(waiting) => {
            RunStatus::Deadlock { waiting: waiting.into_iter().map(ActorNumber).collect() }
        }
    }
}

/// The line of a problem's place with a caret under its column, for terminals.
pub fn source_excerpt(files: &[SourceText], problem: &Problem) -> Option<String> {
    let Location { file, line, column, .. } = problem.location.as_ref()?;
    let text = &files.iter().find(|source| source.name == *file)?.text;
    let shown = text.lines().nth(*line as usize - 1)?;
    let pad: String =
        shown.chars().take(*column as usize - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    Some(format!("{shown}\n{pad}^"))
}
