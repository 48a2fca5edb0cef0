//! What this process gives a world: threads, a clock, memory, and a place to wait.
//!
//! 1. With one core, everything runs on the main thread, inside [`Host::work_or_wait`]; with more, each core is a thread
//!    and the main thread sleeps there.
//! 2. No news is lost: [`announce`] raises the flag before it looks for a sleeper, and a sleeper looks at the flag under
//!    the lock that it sleeps with.

use std::fs;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use executor::pool::CORES_MAX;
use executor::{CoreIndex, Pool, Progress};
use protocol::{Endowment, Settings};
use world::{Drive, Outside, Passes, Run, RunOptions};

use crate::arguments::Setup;
use crate::files::NativeFiles;
use crate::included::FileSources;
use crate::{Failure, allow};

/// Longest that the main thread runs actors before it looks at their output, ms.
const SLICE_MS: f64 = 8.0;
/// Bytes of memory when the system does not say.
const MEMORY_BYTES_USUAL: u64 = 4 << 30;
/// Time between two looks at collections, which are told one by one.
const LOG_PAUSE: Duration = Duration::from_millis(20);
/// Shortest time between two looks at output that keeps coming: a wake-up for every write would cost more than the write.
const LOOK_PAUSE: Duration = Duration::from_millis(1);

/// Something has happened since the last wait.
static NEWS: AtomicBool = AtomicBool::new(false);
static ASLEEP: Mutex<()> = Mutex::new(());
static WOKEN: Condvar = Condvar::new();

/// Milliseconds since this process first asked.
pub(crate) fn now_ms() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// Wakes the main thread. Callable from any thread.
pub(crate) fn announce() {
    // Pairs with the swap in `wait`.
    if !NEWS.swap(true, Ordering::AcqRel) {
        drop(ASLEEP.lock().unwrap_or_else(PoisonError::into_inner));
        WOKEN.notify_one();
    }
}

/// Sleeps until the next [`announce`], or so long.
pub(crate) fn wait(longest: Option<Duration>) {
    let guard = ASLEEP.lock().unwrap_or_else(PoisonError::into_inner);
    let quiet = |(): &mut ()| !NEWS.swap(false, Ordering::AcqRel);
    match longest {
        None => drop(WOKEN.wait_while(guard, quiet).unwrap_or_else(PoisonError::into_inner)),
        Some(time) => {
            drop(WOKEN.wait_timeout_while(guard, time, quiet).unwrap_or_else(PoisonError::into_inner))
        }
    }
}

/// The cores of this process.
pub(crate) struct Host {
    pool: Pool,
    last_look: Option<Instant>,
    /// Time after which a look is due even if nothing was announced: collections are not.
    longest_wait: Option<Duration>,
    endowment: Endowment,
    files: Option<Arc<NativeFiles>>,
    passes: Passes,
}

impl Host {
    /// As many cores as `setup` wants, running, and what programs with the command line `arguments` may do.
    ///
    /// # Errors
    /// When the system does not give a thread, or what is allowed is of no use.
    pub(crate) fn start(setup: &Setup, arguments: Vec<String>) -> Result<Host, Failure> {
        now_ms();
        let settings = &setup.settings;
        let endowment = allow::endowment(&setup.grants, arguments).map_err(Failure::Plain)?;
        let files = NativeFiles::start(&setup.grants)?;
        let there = thread::available_parallelism().map_or(1, NonZero::get);
        let wanted = if settings.cores == 0 { there } else { usize::from(settings.cores) };
        let pool = Pool::new(wanted.clamp(1, CORES_MAX));
        let mut refused = None;
        if pool.cores() > 1 {
            pool.start(|core, run| {
                let name = format!("core-{}", core.0);
                if let Err(error) = thread::Builder::new().name(name).spawn(run) {
                    refused = Some(error);
                }
            });
        }
        match refused {
            Some(error) => {
                Err(Failure::Plain(format!("no thread for a core: {error}; try a smaller --cores")))
            }
            None => Ok(Host {
                pool,
                last_look: None,
                longest_wait: setup.gc_log.then_some(LOG_PAUSE),
                endowment,
                files,
                passes: setup.passes,
            }),
        }
    }

    /// Has [`Host::work_or_wait`] return a few times a second, whatever is announced.
    pub(crate) fn look_often(&mut self) {
        self.longest_wait = Some(LOG_PAUSE);
    }

    /// How a program runs here.
    pub(crate) fn options(&self, settings: Settings, interactive: bool) -> RunOptions {
        let world_bytes_max = match settings.world_bytes_max {
            0 => memory_bytes() / 4 * 3,
            bytes => bytes,
        };
        RunOptions {
            settings,
            world_bytes_max,
            clock: now_ms,
            notify: announce,
            drive: Drive::Pool(self.pool.clone(), self.pool.cores()),
            ends_with_main: true,
            interactive,
            quantum: world::actor::QUANTUM,
            journal_words_max: world::journal::JOURNAL_WORDS_MAX,
            replay: None,
            endowment: self.endowment.clone(),
            outside: self.files.clone().map(|files| files as Arc<dyn Outside>),
            sources: Some(Arc::new(FileSources)),
            passes: self.passes,
        }
    }

    /// Ends a run; returns when what it has written to files is there.
    pub(crate) fn settle(&mut self, run: &mut Run) {
        run.retire();
        while !run.stage.desk.is_quiet() {
            self.work_or_wait();
        }
    }

    /// Returns when there may be something to tell: output, a problem, an end.
    pub(crate) fn work_or_wait(&mut self) {
        if self.pool.cores() > 1 {
            let now = Instant::now();
            if let Some(last) = self.last_look
                && let Some(pause) = LOOK_PAUSE.checked_sub(now - last)
            {
                thread::sleep(pause);
            }
            wait(self.longest_wait);
            self.last_look = Some(Instant::now());
            return;
        }
        match self.pool.run_slice(CoreIndex(0), SLICE_MS, &now_ms) {
            Progress::Ran => {}
            // What the actors themselves announced was for this thread, which looks next anyway.
            Progress::Idle | Progress::IdleFor(_) if NEWS.swap(false, Ordering::AcqRel) => {}
            Progress::Idle => wait(self.longest_wait),
            Progress::IdleFor(ms) => {
                let idle = Duration::from_secs_f64(ms.clamp(0.0, 60_000.0) / 1e3);
                wait(Some(self.longest_wait.map_or(idle, |longest| longest.min(idle))));
            }
        }
    }
}

/// Memory that this process may use: the machine's, or its group's if that is less.
pub(crate) fn memory_bytes() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| memory_total(&text));
    let group =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [machine, group].into_iter().flatten().min().unwrap_or(MEMORY_BYTES_USUAL)
}

/// `MemTotal` of Linux's `/proc/meminfo`, which counts in KiB.
fn memory_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_memory_is_read_in_bytes() {
        let text = "MemTotal:       16384000 kB\nMemFree:  1 kB\n";
        assert_eq!(memory_total(text), Some(16_384_000 * 1024));
        assert_eq!(memory_total("nothing of the kind"), None);
    }

    #[test]
    fn news_that_came_before_the_wait_ends_it_at_once() {
        announce();
        wait(None);
        let before = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                announce();
            });
            wait(None);
        });
        assert!(before.elapsed() >= Duration::from_millis(20));
    }
}
