//! Native hosts for a world: the same program on cores of their own, or cooperatively on the caller's thread.
//!
//! 1. One engine a run: nothing is left over from an earlier program.
//! 2. Every wait has a bound; a program that is not done by then fails its test.
//! 3. Programs have files in memory, as on the page, and whatever [`endowment`] grants.

use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use protocol::{
    Command, ENVIRONMENT, Endowment, Evaluation, Event, FILE_READ, FILE_WRITE, Files, Grant, HostRequest,
    Settings, Variant,
};
use world::{Host, World};

/// Longest time that one program may take.
const RUN_MS_MAX: u64 = 60_000;

/// Longest sleep between two looks for news.
const LOOK_MS: u64 = 20;

/// How the cores are driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// So many cores, each on a thread of its own.
    Threads(u16),
    /// All on the caller's thread, in slices.
    Cooperative,
}

/// Room for files in memory, bytes.
const FILES_BYTES_MAX: usize = 16 << 20;

/// No files yet.
pub fn files() -> Files {
    Files::new(FILES_BYTES_MAX)
}

/// What programs of the tests may do: everything, with an environment of their own.
pub fn endowment() -> Endowment {
    let grant = |kind: &str| Grant { kind: kind.to_string(), scope: String::new() };
    Endowment {
        grants: [FILE_READ, FILE_WRITE, ENVIRONMENT].map(grant).to_vec(),
        asks: false,
        arguments: ["program.scm", "an argument"].map(String::from).to_vec(),
        environment: vec![("HOME".to_string(), "/home".to_string())],
        folder: "/".to_string(),
    }
}

/// Runs `source` to its end in a fresh world, in which it may do what `endowment` says.
///
/// # Errors
/// As [`evaluate`].
///
/// # Panics
/// As [`evaluate`].
pub fn evaluate_with(
    source: &str,
    settings: Settings,
    driver: Driver,
    endowment: Endowment,
) -> Result<Evaluation, String> {
    answer(Command::Evaluate { id: 1, source: source.to_string(), settings }, driver, endowment)
}

/// Runs `source` to its end in a fresh world.
///
/// # Errors
/// The text of the error that the program ended with.
///
/// # Panics
/// If the program does not end within a minute.
pub fn evaluate(source: &str, settings: Settings, driver: Driver) -> Result<Evaluation, String> {
    evaluate_with(source, settings, driver, Endowment::default())
}

/// Records `source` on all cores and repeats it on one.
///
/// # Errors
/// What differs, or why it could not be repeated.
///
/// # Panics
/// As [`evaluate`].
pub fn check_replay(source: &str, settings: Settings, driver: Driver) -> Result<Evaluation, String> {
    answer(Command::CheckReplay { id: 1, source: source.to_string(), settings }, driver, endowment())
}

/// The answer to a command with id 1, from an engine of its own.
fn answer(command: Command, driver: Driver, endowment: Endowment) -> Result<Evaluation, String> {
    let (cores, variant) = match driver {
        Driver::Threads(cores) => (cores, Variant::Threads),
        Driver::Cooperative => (1, Variant::SingleThread),
    };
    let mut world =
        World::new(Host { clock: now_ms, notify: announce, cores, variant, memory_bytes_max: 1 << 30 });
    world.command(Command::Endow(endowment));
    let handle = world.cores();
    let mut threads = Vec::new();
    if variant == Variant::Threads {
        for core in 0..usize::from(cores) {
            let handle = Arc::clone(&handle);
            threads.push(thread::spawn(move || handle.run_core(core)));
        }
    }
    let result = await_answer(&mut world, command, variant);
    handle.shut_down();
    for thread in threads {
        assert!(thread.join().is_ok(), "a core loop panicked");
    }
    result
}

fn await_answer(world: &mut World, command: Command, variant: Variant) -> Result<Evaluation, String> {
    world.command(command);
    let mut files = files();
    let deadline = Instant::now() + Duration::from_millis(RUN_MS_MAX);
    while Instant::now() < deadline {
        let seen = news_so_far();
        let more = variant == Variant::SingleThread && world.run_slice(8.0);
        for event in world.poll(now_ms()) {
            match event {
                Event::Evaluated { id: 1, result } => return result,
                Event::HostRequest(HostRequest { id, operation, .. }) => {
                    world.command(Command::AnswerHost { id, result: files.perform(&operation) });
                }
                _ => {}
            }
        }
        if !more {
            wait_for_news(seen);
        }
    }
    panic!("the program did not end within {RUN_MS_MAX} ms");
}

/// Milliseconds since this process first asked.
pub(crate) fn now_ms() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

static NEWS: (Mutex<u64>, Condvar) = (Mutex::new(0), Condvar::new());

fn announce() {
    if let Ok(mut count) = NEWS.0.lock() {
        *count += 1;
    }
    NEWS.1.notify_all();
}

fn news_so_far() -> u64 {
    *NEWS.0.lock().expect("no panic under this lock")
}

/// Returns when there are more news than `seen`, or a little later.
fn wait_for_news(seen: u64) {
    let guard = NEWS.0.lock().expect("no panic under this lock");
    let more = |count: &mut u64| *count == seen;
    drop(NEWS.1.wait_timeout_while(guard, Duration::from_millis(LOOK_MS), more));
}
