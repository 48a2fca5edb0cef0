//! What the actors of one run share with each other and with whoever watches: programs, limits, output, problems.
//!
//! 1. Locks here are held for a few instructions, never while an actor runs, and never two at a time. A compiler's lock is
//!    held while it compiles and loads, by the actor that evaluates or by the host that enters a unit.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};

use arena::{Budget, Collection, HeapSettings, Message, WordSet};
use protocol::{Endowment, Problem, Settings, TestRow, setting};
use scheduler::Scheduler;
use vm::{CapabilityKind, Library, Linker, MachineSettings};

use crate::actor::Performer;
use crate::collector::Collector;
use crate::compile::{Compiler, plain_problem};
use crate::debugging::{Debugging, Stop};
use crate::desk::{Desk, Outside};
use crate::journal::{Entry, Journal, Recording};
use crate::profile::Profiler;

/// Problems kept for a reader.
const PROBLEMS_MAX: usize = 200;
/// Tests that wait for a reader.
const TESTS_MAX: usize = 20_000;
/// Collections kept for a reader.
const COLLECTIONS_MAX: usize = 2_000;

/// What actors publish: what is added up, or everything.
const SUMS: u8 = 1;
const FIGURES: u8 = 2;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The writer's number.
    pub number: u32,
    /// The writer's identity.
    pub actor: u128,
    /// The text.
    pub text: String,
}

#[derive(Debug, Default)]
struct Output {
    writes: VecDeque<Written>,
    characters: u64,
    cut: bool,
}

/// A recording that is being repeated.
struct Repeated {
    recording: Recording,
    /// Actors that have taken their part.
    begun: WordSet<u128>,
}

/// What came of a question to an actor: the value as `write` prints it, or the error.
pub type Answer = Result<String, Problem>;

/// How the main actor ended: its value as `write` prints it, or the error.
pub type MainEnd = Result<String, Problem>;

/// See the module.
pub struct Stage {
    /// Builtins.
    pub library: Arc<Library>,
    /// Programs.
    linker: RwLock<Linker>,
    /// The compiler of the program and of the main actor.
    pub(crate) compiler: Arc<Mutex<Compiler>>,
    /// As the compiler was when the program was loaded: where other actors begin.
    program_compiler: Compiler,
    /// What the compiler suggests for names that nothing defined; as many as its programs use.
    suggestions: Mutex<HashMap<String, String>>,
    /// Limits and seed.
    pub settings: Settings,
    pub(crate) collector: Collector,
    /// Memory of all actors.
    pub budget: Arc<Budget>,
    /// Milliseconds of real time.
    pub clock: fn() -> f64,
    /// The clock's reading when the run was made.
    pub(crate) origin_ms: f64,
    /// Most reductions in one slice.
    pub(crate) quantum: u64,
    /// What actors ask of the host.
    pub desk: Arc<Desk>,
    /// What the main actor holds at its start.
    pub(crate) capabilities: Message,
    exit_status: Mutex<Option<u8>>,
    /// What actors learned.
    pub journal: Journal,
    replay: Option<Mutex<Repeated>>,
    output: Mutex<Output>,
    problems: Mutex<Vec<Problem>>,
    main_end: Mutex<Option<MainEnd>>,
    /// Breakpoints, stops, events.
    pub debugging: Debugging,
    answers: Mutex<Vec<(u64, Answer)>>,
    tests: Mutex<Vec<TestRow>>,
    collections: Mutex<VecDeque<(u32, u64, Collection)>>,
    collections_dropped: AtomicU64,
    collection_count: AtomicU64,
    collection_us: AtomicU64,
    reclaimed_words: AtomicU64,
    /// Words that actors which have ended had allocated.
    allocated_words: AtomicU64,
    /// Where actors spend their reductions.
    pub profiler: Profiler,
    observing: AtomicU8,
    scheduler: OnceLock<Weak<Scheduler<Performer>>>,
    /// Something is worth a poll.
    pub notify: fn(),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The capabilities that a main actor begins with beyond those that everybody has.
fn grants_of(endowment: &Endowment) -> Vec<(CapabilityKind, String)> {
    let named = |grant: &protocol::Grant| Some((CapabilityKind::named(&grant.kind)?, grant.scope.clone()));
    let asks = endowment.asks.then(|| (CapabilityKind::Ask, String::new()));
    endowment.grants.iter().filter_map(named).chain(asks).collect()
}

/// What a stage is made with.
pub struct StageParts {
    /// Programs.
    pub linker: Linker,
    /// What compiled them.
    pub compiler: Compiler,
    /// Limits and seed.
    pub settings: Settings,
    /// Bytes for all actors and programs.
    pub budget: Arc<Budget>,
    /// Milliseconds of real time.
    pub clock: fn() -> f64,
    /// Cores that will run it.
    pub cores: usize,
    /// Most reductions in one slice.
    pub quantum: u64,
    /// Words that its journal keeps.
    pub journal_words_max: usize,
    /// To repeat an earlier run.
    pub replay: Option<Recording>,
    /// What programs start with.
    pub endowment: Endowment,
    /// Who carries out what they ask for.
    pub outside: Option<Arc<dyn Outside>>,
    /// Something is worth a poll.
    pub notify: fn(),
}

/// Bytes that a mailbox may hold, and the setting that says so. What a selective receive has looked at lies in the
/// receiver's heap, so that messages may fill half of that at most.
pub(crate) fn mailbox_bytes_max(settings: &Settings) -> (u64, &'static str) {
    let half_heap = settings.heap_words_max.saturating_mul(8 / 2);
    if half_heap < settings.mailbox_bytes_max {
        (half_heap, setting::HEAP)
    } else {
        (settings.mailbox_bytes_max, setting::MAILBOX_BYTES)
    }
}

impl Stage {
    /// A stage without actors.
    #[optimize(size)]
    pub fn new(mut parts: StageParts) -> Arc<Stage> {
        let grants = grants_of(&parts.endowment);
        let capabilities = Message::of_shared(parts.linker.capabilities(&grants));
        Arc::new(Stage {
            library: parts.linker.library().clone(),
            linker: RwLock::new(parts.linker),
            compiler: Arc::new(Mutex::new(parts.compiler.clone())),
            program_compiler: parts.compiler,
            suggestions: Mutex::default(),
            collector: Collector::new(parts.settings.collector),
            settings: parts.settings,
            budget: parts.budget,
            clock: parts.clock,
            origin_ms: (parts.clock)(),
            quantum: parts.quantum,
            desk: Desk::new(parts.endowment, parts.outside, parts.notify),
            capabilities,
            exit_status: Mutex::default(),
            journal: Journal::new(parts.cores, parts.journal_words_max),
            replay: parts
                .replay
                .map(|recording| Mutex::new(Repeated { recording, begun: WordSet::default() })),
            output: Mutex::default(),
            problems: Mutex::default(),
            main_end: Mutex::default(),
            debugging: Debugging::default(),
            answers: Mutex::default(),
            tests: Mutex::default(),
            collections: Mutex::default(),
            collections_dropped: AtomicU64::new(0),
            collection_count: AtomicU64::new(0),
            collection_us: AtomicU64::new(0),
            reclaimed_words: AtomicU64::new(0),
            allocated_words: AtomicU64::new(0),
            profiler: Profiler::default(),
            observing: AtomicU8::new(0),
            scheduler: OnceLock::new(),
            notify: parts.notify,
        })
    }

    pub(crate) fn set_scheduler(&self, scheduler: &Arc<Scheduler<Performer>>) {
        self.desk.set_scheduler(scheduler);
        self.scheduler.set(Arc::downgrade(scheduler)).unwrap_or_else(|_| panic!("a stage has one scheduler"));
    }

    pub(crate) fn scheduler(&self) -> Option<Arc<Scheduler<Performer>>> {
        self.scheduler.get()?.upgrade()
    }

    /// The programs, to read.
    pub fn linker(&self) -> RwLockReadGuard<'_, Linker> {
        self.linker.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the programs.
    pub fn with_linker<R>(&self, change: impl FnOnce(&mut Linker) -> R) -> R {
        change(&mut self.linker.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The compiler of an actor that evaluates: the main actor's is the program's own, others have a copy each, so that what
    /// they define does not depend on who else evaluates.
    pub(crate) fn compiler_for(&self, number: u32) -> Arc<Mutex<Compiler>> {
        match number {
            1 => self.compiler.clone(),
            _ => Arc::new(Mutex::new(self.program_compiler.clone())),
        }
    }

    pub(crate) fn add_suggestions(&self, suggestions: Vec<(String, String)>) {
        locked(&self.suggestions).extend(suggestions);
    }

    /// What to say about a variable that has no value.
    pub(crate) fn suggestion(&self, variable: &str) -> Option<String> {
        locked(&self.suggestions).get(variable).cloned()
    }

    /// What a new machine may use.
    pub fn machine_settings(&self) -> MachineSettings {
        let words_max = self.settings.heap_words_max as usize;
        let heap = HeapSettings::new(words_max, self.budget.clone(), self.clock);
        let stack_words_max = self.settings.stack_words_max as usize;
        let mut settings = MachineSettings { heap, soft_percent: 0, stack_words_max };
        self.collector.prepare(&mut settings);
        settings
    }

    /// The run repeats an earlier one.
    pub fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    /// The journal entries of an actor that begins, if this run is a replay.
    pub(crate) fn take_recording(&self, actor: u128) -> Option<VecDeque<Entry>> {
        let mut replay = locked(self.replay.as_ref()?);
        replay.begun.insert(actor);
        Some(replay.recording.actors.remove(&actor).unwrap_or_default())
    }

    /// In a replay: the actor has had its first slice.
    pub(crate) fn has_begun(&self, actor: u128) -> bool {
        self.replay.as_ref().is_some_and(|replay| locked(replay).begun.contains(&actor))
    }

    /// Adds output. Past the limit it is cut, with a notice.
    pub(crate) fn write(&self, number: u32, actor: u128, text: &str) {
        let limit = self.settings.output_characters_max;
        let mut output = locked(&self.output);
        if output.cut {
            return;
        }
        let room = limit - output.characters.min(limit);
        let characters = text.chars().count() as u64;
        output.characters += characters;
        let mut text = text.to_string();
        if characters > room {
            output.cut = true;
            text = text.chars().take(room as usize).collect();
            let name = setting::OUTPUT;
            text.push_str(&format!("\n[output cut after {limit} characters (setting: {name})]\n"));
        }
        output.writes.push_back(Written { number, actor, text });
        drop(output);
        (self.notify)();
    }

    /// What came of a test.
    pub(crate) fn add_test(&self, row: TestRow) {
        let mut tests = locked(&self.tests);
        if tests.len() < TESTS_MAX {
            tests.push(row);
        }
        drop(tests);
        (self.notify)();
    }

    /// What came of tests since the last call, in order.
    pub fn take_tests(&self) -> Vec<TestRow> {
        std::mem::take(&mut locked(&self.tests))
    }

    /// What was written since the last call, in order.
    pub fn take_output(&self) -> Vec<Written> {
        locked(&self.output).writes.drain(..).collect()
    }

    pub(crate) fn add_problem(&self, problem: Problem) {
        let mut problems = locked(&self.problems);
        if problems.len() < PROBLEMS_MAX {
            problems.push(problem);
        }
        drop(problems);
        (self.notify)();
    }

    /// Problems since the last call.
    pub fn take_problems(&self) -> Vec<Problem> {
        let mut problems = std::mem::take(&mut *locked(&self.problems));
        problems.extend(self.desk.take_failures().into_iter().map(plain_problem));
        problems
    }

    pub(crate) fn set_main_end(&self, end: MainEnd) {
        *locked(&self.main_end) = Some(end);
        (self.notify)();
    }

    /// How the main actor ended, if it has.
    pub fn main_end(&self) -> Option<MainEnd> {
        locked(&self.main_end).clone()
    }

    /// The main actor has asked for this exit status.
    pub(crate) fn set_exit_status(&self, status: u8) {
        *locked(&self.exit_status) = Some(status);
    }

    /// The exit status that the main actor has asked for by `exit`, if it has.
    pub fn exit_status(&self) -> Option<u8> {
        *locked(&self.exit_status)
    }

    /// Forgets how the main actor ended: it goes on with another entry.
    pub(crate) fn clear_main_end(&self) {
        *locked(&self.exit_status) = None;
        *locked(&self.main_end) = None;
    }

    /// An actor has met a breakpoint or finished a step: everything stands still.
    pub(crate) fn stop_at(&self, stop: Stop) {
        if let Some(scheduler) = self.scheduler() {
            scheduler.pause();
        }
        self.debugging.push_stop(stop);
        (self.notify)();
    }

    /// What came of a question to an actor.
    pub(crate) fn answer(&self, question: u64, answer: Answer) {
        locked(&self.answers).push((question, answer));
        (self.notify)();
    }

    /// There are answers to take.
    pub fn has_answers(&self) -> bool {
        !locked(&self.answers).is_empty()
    }

    /// Answers since the last call: the question's number, the value as text.
    pub fn take_answers(&self) -> Vec<(u64, Answer)> {
        std::mem::take(&mut locked(&self.answers))
    }

    pub(crate) fn add_collections(
        &self,
        number: u32,
        reductions: u64,
        fresh: impl Iterator<Item = Collection>,
    ) {
        let mut count = 0;
        let mut ms = 0.0;
        let mut reclaimed = 0;
        let mut kept = locked(&self.collections);
        for collection in fresh {
            count += 1;
            ms += collection.pause_ms;
            reclaimed += collection.words_before.saturating_sub(collection.words_after);
            if kept.len() == COLLECTIONS_MAX {
                kept.pop_front();
                self.collections_dropped.fetch_add(1, Ordering::Relaxed);
            }
            kept.push_back((number, reductions, collection));
        }
        drop(kept);
        self.collection_count.fetch_add(count, Ordering::Relaxed);
        self.collection_us.fetch_add((ms * 1e3) as u64, Ordering::Relaxed);
        self.reclaimed_words.fetch_add(reclaimed as u64, Ordering::Relaxed);
    }

    /// An actor has ended that had allocated so many words.
    pub(crate) fn add_allocated(&self, words: u64) {
        self.allocated_words.fetch_add(words, Ordering::Relaxed);
    }

    /// Words that collections have given back, and words that actors which have ended had allocated.
    pub fn word_totals(&self) -> (u64, u64) {
        (self.reclaimed_words.load(Ordering::Relaxed), self.allocated_words.load(Ordering::Relaxed))
    }

    /// Collections since the last call: actor's number, its reductions, the collection; and how many were let go.
    pub fn take_collections(&self) -> (Vec<(u32, u64, Collection)>, u64) {
        let taken = locked(&self.collections).drain(..).collect();
        (taken, self.collections_dropped.swap(0, Ordering::Relaxed))
    }

    /// The clock's reading when the run was made.
    pub fn origin_ms(&self) -> f64 {
        self.origin_ms
    }

    /// Collections so far, and milliseconds spent on them.
    pub fn collection_totals(&self) -> (u64, f64) {
        let us = self.collection_us.load(Ordering::Relaxed);
        (self.collection_count.load(Ordering::Relaxed), us as f64 / 1e3)
    }

    /// Somebody watches: actors publish their figures.
    pub fn set_observing(&self, on: bool) {
        self.observing.store(if on { FIGURES } else { 0 }, Ordering::Relaxed);
    }

    /// Somebody adds up what actors publish, and looks at none of them.
    pub fn observe_sums(&self) {
        self.observing.store(SUMS, Ordering::Relaxed);
    }

    /// Actors publish what is added up.
    #[inline]
    pub(crate) fn is_summing(&self) -> bool {
        self.observing.load(Ordering::Relaxed) > 0
    }

    /// Actors publish everything.
    #[inline]
    pub(crate) fn is_observing(&self) -> bool {
        self.observing.load(Ordering::Relaxed) == FIGURES
    }
}
