//! What the tests of worlds share: runs recorded on two cores and repeated on one.
//!
//! 1. Every wait has a bound: what is not over by then fails its test.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod bench;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use executor::{CoreIndex, Pool};
use protocol::{Settings, SourceText};
use world::{Drive, Recording, Run, RunEnd, RunOptions};

/// Longest that one run may take.
pub const RUN_TIME_MAX: Duration = Duration::from_secs(60);

/// Reductions in one slice while recording: the usual ones, and few, so that more can come between.
const QUANTA: [u64; 3] = [world::actor::QUANTUM, 300, 23];

/// Ended actors that a scheduler remembers in any case.
const GRAVES_MIN: usize = 500;

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
}

impl Plan {
    pub fn new(name: &str, source: &str) -> Plan {
        let settings = Settings::default();
        let (name, source) = (name.to_string(), source.to_string());
        Plan { name, source, settings, ends_with_main: true, quantum: world::actor::QUANTUM }
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
        }
    }

    pub fn load(&self, drive: Drive, replay: Option<Recording>) -> Run {
        let file = SourceText { name: "program.scm".to_string(), text: self.source.clone() };
        match Run::load(&[file], self.options(drive, replay)) {
            Ok(run) => run,
            Err(problems) => panic!("{}: {problems:?}", self.name),
        }
    }
}

/// What a run came to, as far as it may not depend on the schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The main actor's value, or the message of its error.
    pub value: Option<Result<String, String>>,
    /// Output by actor.
    pub output: BTreeMap<u128, String>,
    /// Actors that have ended.
    pub ended_count: u64,
    /// Reductions by actor: of those that have ended (and are remembered), and of those that have not.
    pub ended: BTreeMap<u128, u64>,
    pub living: BTreeMap<u128, u64>,
    /// Messages of problems, sorted.
    pub problems: Vec<String>,
}

impl Outcome {
    fn of(run: &Run) -> Outcome {
        let mut outcome = Outcome {
            value: run.main_end().map(|end| end.map_err(|problem| problem.message)),
            ..Outcome::default()
        };
        for write in run.stage.take_output() {
            outcome.output.entry(write.actor).or_default().push_str(&write.text);
        }
        let ended = run.scheduler.ended();
        outcome.ended_count = run.scheduler.statistics().ended;
        outcome.ended = ended.iter().map(|row| (row.address.id.0, row.epitaph.reductions)).collect();
        let mut addresses = Vec::new();
        run.scheduler.for_each_actor(|view| addresses.push(view.address));
        for address in addresses {
            let reductions = run.scheduler.with_actor(address, |actor| actor.machine.reductions());
            outcome.living.insert(address.id.0, reductions.expect("nothing runs any more"));
        }
        let mut problems: Vec<String> =
            run.stage.take_problems().into_iter().map(|found| found.message).collect();
        problems.sort();
        outcome.problems = problems;
        outcome
    }
}

impl Outcome {
    /// This one, less the ended actors that the other has forgotten.
    fn without(&self, other: &Outcome) -> Outcome {
        let mut outcome = self.clone();
        if self.ended.len().max(other.ended.len()) >= GRAVES_MIN {
            outcome.ended.retain(|actor, _| other.ended.contains_key(actor));
        }
        outcome
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
    let cores = threads.pool.cores();
    let mut run = plan.load(Drive::Pool(threads.pool.clone(), cores), None);
    run.start().expect("room for the main actor");
    let deadline = Instant::now() + limit;
    let mut end = None;
    while end.is_none() && Instant::now() < deadline {
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
    // The oldest of very many graves are lost, and which ones depends on the cores.
    let (recorded, replayed) = (recorded.without(replayed), replayed.without(recorded));
    if recorded == replayed {
        return None;
    }
    if recorded.value != replayed.value {
        return Some(format!(
            "the value is {:?} instead of {:?}; problems {:?}",
            replayed.value, recorded.value, replayed.problems
        ));
    }
    if recorded.problems != replayed.problems {
        return Some(format!("the problems are {:?} instead of {:?}", replayed.problems, recorded.problems));
    }
    if recorded.output != replayed.output {
        return Some(format!("the output is {:?} instead of {:?}", replayed.output, recorded.output));
    }
    let wrong = |name: &str, recorded: &BTreeMap<u128, u64>, replayed: &BTreeMap<u128, u64>| {
        let all = recorded.keys().chain(replayed.keys());
        let rows: Vec<String> = all
            .filter(|actor| recorded.get(actor) != replayed.get(actor))
            .take(5)
            .map(|actor| format!("{actor:x}: {:?} instead of {:?}", replayed.get(actor), recorded.get(actor)))
            .collect();
        format!("reductions of {name} actors: {}", rows.join("; "))
    };
    Some(format!(
        "{} instead of {} actors ended\n{}\n{}",
        replayed.ended_count,
        recorded.ended_count,
        wrong("ended", &recorded.ended, &replayed.ended),
        wrong("living", &recorded.living, &replayed.living)
    ))
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
