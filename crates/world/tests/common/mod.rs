//! What the tests of worlds share: runs recorded on two cores and repeated on one.
//!
//! 1. Every wait has a bound: what is not over by then fails its test.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod bench;
pub mod golden;
pub mod outside;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use executor::{CoreIndex, Pool};
use protocol::{Endowment, Settings, SourceText};
use world::repeat::Facts;
use world::{Drive, Outside, Passes, Recording, Run, RunEnd, RunOptions};

/// Longest that one run may take.
pub const RUN_TIME_MAX: Duration = Duration::from_secs(60);

/// Reductions in one slice while recording: the usual ones, and few, so that more can come between.
const QUANTA: [u64; 3] = [world::actor::QUANTUM, 300, 23];

/// A [`Plan::profiling`] with which instructions are counted as well.
pub const COUNTING: u32 = 97;

/// Milliseconds since this process first asked.
pub fn now_ms() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// A pool whose cores run on threads of their own until it is dropped.
pub struct Threads {
    pub pool: Pool,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    pub fn new(cores: usize) -> Threads {
        let pool = Pool::new(cores);
        let threads = (0..cores)
            .map(|core| {
                let pool = pool.clone();
                thread::spawn(move || pool.run_core(CoreIndex(core as u16)))
            })
            .collect();
        Threads { pool, threads }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.pool.shut_down();
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "a core loop panicked");
        }
    }
}

/// How a run is made, apart from what drives it.
#[derive(Clone)]
pub struct Plan {
    pub name: String,
    pub source: String,
    pub settings: Settings,
    /// The run is over with its main actor, and stops the others wherever they are.
    pub ends_with_main: bool,
    /// Reductions in one slice.
    pub quantum: u64,
    /// Reductions between two samples of its profile; 0 is none.
    pub profiling: u32,
    /// What it starts with.
    pub endowment: Endowment,
    /// Who carries out what it asks for.
    pub outside: Option<Arc<dyn Outside>>,
}

impl Plan {
    pub fn new(name: &str, source: &str) -> Plan {
        let settings = Settings::default();
        let (name, source) = (name.to_string(), source.to_string());
        let (endowment, quantum) = (Endowment::default(), world::actor::QUANTUM);
        Plan { name, source, settings, ends_with_main: true, quantum, profiling: 0, endowment, outside: None }
    }

    pub fn options(&self, drive: Drive, replay: Option<Recording>) -> RunOptions {
        RunOptions {
            settings: self.settings.clone(),
            world_bytes_max: 1 << 30,
            clock: now_ms,
            notify: || {},
            drive,
            ends_with_main: self.ends_with_main,
            interactive: false,
            quantum: self.quantum,
            journal_words_max: 1 << 26,
            replay,
            endowment: self.endowment.clone(),
            outside: self.outside.clone(),
            sources: None,
            passes: Passes::ALL,
        }
    }

    pub fn load(&self, drive: Drive, replay: Option<Recording>) -> Run {
        let is_assembly = self.name.ends_with(world::ASSEMBLY_SUFFIX);
        let name = if is_assembly { &self.name } else { "program.scm" };
        let file = SourceText { name: name.to_string(), text: self.source.clone() };
        match Run::load(&[file], self.options(drive, replay)) {
            Ok(run) => {
                run.stage.profiler.set(self.profiling, self.profiling == COUNTING, now_ms());
                run
            }
            Err(problems) => panic!("{}: {problems:?}", self.name),
        }
    }
}

/// What a run came to, as far as it may not depend on the schedule.
#[derive(Debug)]
pub struct Outcome {
    pub facts: Facts,
    /// Messages of problems, sorted. They hold actors' numbers, which are the same only where one actor makes the others.
    pub problems: Vec<String>,
}

impl Outcome {
    fn of(run: &Run) -> Outcome {
        let found = run.stage.take_problems();
        let mut problems: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
        problems.sort();
        Outcome { facts: Facts::of(run), problems }
    }
}

/// Stops a run and waits until nothing of it runs.
pub fn stop(run: &mut Run) {
    run.stop();
    let deadline = Instant::now() + RUN_TIME_MAX;
    while !run.scheduler.is_quiet() {
        assert!(Instant::now() < deadline, "the cores did not stop");
        thread::sleep(Duration::from_micros(100));
    }
}

/// Runs a program on the cores of `threads` and records it.
pub fn record(plan: &Plan, threads: &Threads) -> (Outcome, Recording, Option<RunEnd>) {
    record_for(plan, threads, RUN_TIME_MAX, true)
}

/// As [`record`], stopping after `limit` whether it has ended or not; if it `must_end`, that is a failure.
pub fn record_for(
    plan: &Plan,
    threads: &Threads,
    limit: Duration,
    must_end: bool,
) -> (Outcome, Recording, Option<RunEnd>) {
    record_while(plan, threads, limit, must_end, |_| {})
}

/// As [`record_for`], doing something with the run again and again while it runs.
pub fn record_while(
    plan: &Plan,
    threads: &Threads,
    limit: Duration,
    must_end: bool,
    mut meanwhile: impl FnMut(&mut Run),
) -> (Outcome, Recording, Option<RunEnd>) {
    let cores = threads.pool.cores();
    let mut run = plan.load(Drive::Pool(threads.pool.clone(), cores), None);
    run.start().expect("room for the main actor");
    let deadline = Instant::now() + limit;
    let mut end = None;
    while end.is_none() && Instant::now() < deadline {
        meanwhile(&mut run);
        thread::sleep(Duration::from_micros(200));
        end = run.end();
    }
    assert!(end.is_some() || !must_end, "{}: not over after {limit:?}", plan.name);
    stop(&mut run);
    let recording =
        run.recording().unwrap_or_else(|lost| panic!("{}: {lost} entries were let go", plan.name));
    (Outcome::of(&run), recording, end)
}

/// Repeats a recorded run on the calling thread alone.
pub fn replay(plan: &Plan, recording: Recording) -> Outcome {
    let (done, answer) = mpsc::channel();
    // Where slices end is no part of a run, so that other slices make no difference.
    let plan = Plan { ends_with_main: false, quantum: 1_013, ..plan.clone() };
    let name = plan.name.clone();
    // On a thread of its own only so that a replay that never ends fails.
    thread::spawn(move || {
        let mut run = plan.load(Drive::Alone, Some(recording));
        run.start().expect("room for the main actor");
        run.scheduler.run_until_idle();
        run.stop();
        // The receiver is gone when this took too long.
        let _late = done.send(Outcome::of(&run));
    });
    answer
        .recv_timeout(RUN_TIME_MAX)
        .unwrap_or_else(|error| panic!("{name}: the replay gave no answer: {error}"))
}

/// Says what of a replay is not as recorded.
pub fn difference(recorded: &Outcome, replayed: &Outcome) -> Option<String> {
    let differs = recorded.facts.difference(&replayed.facts);
    if differs.is_none() && recorded.problems == replayed.problems {
        return None;
    }
    let problems = format!("the problems are {:?} and {:?}", replayed.problems, recorded.problems);
    Some(differs.into_iter().chain([problems]).collect::<Vec<_>>().join("; "))
}

/// Records on two cores and replays on one, `rounds` times, with shorter and shorter slices; as many times more as the
/// environment's `PHYSICS_SOAK` says.
pub fn assert_repeats(plans: &[Plan], rounds: usize) {
    let soak = std::env::var("PHYSICS_SOAK").ok().and_then(|times| times.parse::<usize>().ok());
    let rounds = rounds * soak.unwrap_or(1);
    let threads = Threads::new(2);
    let mut wrong = Vec::new();
    for plan in plans {
        for round in 0..rounds {
            let plan = &Plan { quantum: QUANTA[round % QUANTA.len()], ..plan.clone() };
            let (recorded, recording, _) = record(plan, &threads);
            let replayed = replay(plan, recording);
            if let Some(text) = difference(&recorded, &replayed) {
                wrong.push(format!("{} (round {round}): {text}", plan.name));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), plans.len(), wrong.join("\n"));
}

/// Scheme files of a folder of the repository whose names begin with `prefix`, sorted.
pub fn programs(folder: &str, prefix: &str) -> Vec<Plan> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds programs", folder.display());
    let plan = |path: &PathBuf| {
        let source =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Plan::new(&path.file_stem().unwrap_or_default().to_string_lossy(), &source)
    };
    paths.iter().map(plan).collect()
}
