//! Core loops: each holds a thread of the host for as long as the pool lives, and runs the attached works in turn.
//!
//! 1. `sleeping` has a bit for every core that is parked or has announced that it will park.
//! 2. **Announce, look again, park.** A core with nothing to do sets its bit, then runs every work once more, and parks
//!    only if all were idle again and nobody has shut the pool down. A producer makes its item visible first and loads
//!    `sleeping` after a sequentially consistent fence. So (Dekker) either the producer sees the bit, or the core's
//!    second look sees the item.
//! 3. Whoever clears a core's bit gives that core one token; a parked core wakes for a token, and a token that comes
//!    before the core parks keeps it from parking.
//! 4. A core that pushes to its own queue runs the item itself if nobody else does, so its [`Waker::hint`] may miss a
//!    core that is about to park: that costs parallelism until the next hint, never the item. It needs no fence then.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::Clock;

/// Which core, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoreIndex(pub u16);

/// Most cores that one pool can have.
pub const CORES_MAX: usize = 64;
/// Rounds over idle works before a core announces that it sleeps.
const IDLE_ROUNDS: u32 = 3;

/// What a turn of a work came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// It ran something; ask again.
    Ran,
    /// It has nothing for this core until a [`Waker`] says so.
    Idle,
    /// As `Idle`, but after so many milliseconds it has something without anybody waking the core.
    IdleFor(f64),
}

impl Progress {
    fn and(self, other: Progress) -> Progress {
        match (self, other) {
            (Progress::Ran, _) | (_, Progress::Ran) => Progress::Ran,
            (Progress::Idle, other) => other,
            (this, Progress::Idle) => this,
            (Progress::IdleFor(this), Progress::IdleFor(other)) => Progress::IdleFor(this.min(other)),
        }
    }
}

/// Something that cores can run: one world.
pub trait Work: Send + Sync {
    /// Runs a bounded amount of work on this core and returns; never blocks.
    fn run(&self, core: CoreIndex) -> Progress;
}

/// Names an attached work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkId(u64);

/// Where one core sleeps: its token (invariant 3).
#[derive(Default)]
struct Bed {
    token: Mutex<bool>,
    woken: Condvar,
}

struct Shared {
    works: Mutex<Vec<(WorkId, Arc<dyn Work>)>>,
    /// Counts changes of `works` and the shutdown, so that cores notice without a lock.
    version: AtomicU64,
    sleeping: CachePadded<AtomicU64>,
    /// Cores that look for work and have found none yet: a hint leaves the rest asleep.
    searching: CachePadded<AtomicUsize>,
    shut_down: AtomicBool,
    beds: Box<[CachePadded<Bed>]>,
}

/// The machine's cores. Clones share one pool.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

/// Wakes parked cores when there is work for them.
#[derive(Clone)]
pub struct Waker {
    /// `None` where nobody sleeps: a single cooperative loop without a pool.
    shared: Option<Arc<Shared>>,
    /// Bits of the cores that this waker may wake.
    cores: u64,
}

/// What a core loop remembers between rounds.
struct Rota {
    version: u64,
    works: Vec<Arc<dyn Work>>,
    first: usize,
}

impl Pool {
    /// A pool for `cores` core loops, none of which runs yet.
    ///
    /// # Panics
    /// If `cores` is 0 or above [`CORES_MAX`].
    pub fn new(cores: usize) -> Pool {
        assert!((1..=CORES_MAX).contains(&cores), "1 to {CORES_MAX} cores, not {cores}");
        let shared = Shared {
            works: Mutex::default(),
            version: AtomicU64::new(0),
            sleeping: CachePadded::default(),
            searching: CachePadded::default(),
            shut_down: AtomicBool::new(false),
            beds: (0..cores).map(|_| CachePadded::default()).collect(),
        };
        Pool { shared: Arc::new(shared) }
    }

    /// Cores of the pool.
    pub fn cores(&self) -> usize {
        self.shared.beds.len()
    }

    /// Hands each core's loop to `spawn`, which runs it on a thread of its own.
    pub fn start(&self, mut spawn: impl FnMut(CoreIndex, Box<dyn FnOnce() + Send>)) {
        for core in (0..self.cores()).map(|core| CoreIndex(core as u16)) {
            let pool = self.clone();
            spawn(core, Box::new(move || pool.run_core(core)));
        }
    }

    /// Adds a work that every core runs in turn with the others.
    pub fn attach(&self, work: Arc<dyn Work>) -> WorkId {
        let mut works = locked(&self.shared.works);
        // Only this lock's holder writes, so the version numbers works as well.
        let id = WorkId(self.shared.version.load(Ordering::Relaxed));
        works.push((id, work));
        self.shared.version.fetch_add(1, Ordering::Release);
        drop(works);
        self.waker(self.cores()).wake_all();
        id
    }

    /// Removes a work. A core that is inside its `run` finishes that turn.
    pub fn detach(&self, id: WorkId) {
        let mut works = locked(&self.shared.works);
        let gone = works.iter().position(|(other, _)| *other == id).map(|position| works.remove(position));
        self.shared.version.fetch_add(1, Ordering::Release);
        drop(works);
        self.waker(self.cores()).wake_all();
        // Dropped outside the lock: this may be the last owner of a whole world.
        drop(gone);
    }

    /// Ends every core loop at its next round.
    pub fn shut_down(&self) {
        self.shared.shut_down.store(true, Ordering::Release);
        self.shared.version.fetch_add(1, Ordering::Release);
        self.waker(self.cores()).wake_all();
    }

    /// A waker for the first `cores` cores of the pool.
    pub fn waker(&self, cores: usize) -> Waker {
        let cores = if cores >= 64 { u64::MAX } else { (1 << cores) - 1 };
        Waker { shared: Some(Arc::clone(&self.shared)), cores }
    }

    /// Runs a core until the pool shuts down. The calling thread belongs to this core meanwhile.
    pub fn run_core(&self, core: CoreIndex) {
        let bit = 1_u64 << core.0;
        let shared = &*self.shared;
        let mut rota = Rota::new();
        let mut idle_rounds = 0;
        while !shared.shut_down.load(Ordering::Acquire) {
            rota.refresh(shared);
            if rota.round(core) == Progress::Ran {
                if idle_rounds > 0 {
                    shared.searching.fetch_sub(1, Ordering::Relaxed);
                    idle_rounds = 0;
                }
                continue;
            }
            if idle_rounds == 0 {
                shared.searching.fetch_add(1, Ordering::Relaxed);
            }
            idle_rounds += 1;
            if idle_rounds < IDLE_ROUNDS {
                std::hint::spin_loop();
                continue;
            }
            idle_rounds = 0;
            shared.searching.fetch_sub(1, Ordering::Relaxed);
            shared.sleeping.fetch_or(bit, Ordering::SeqCst);
            // Pairs with the fence in `Waker::wake_one` and `wake_all` (invariant 2).
            fence(Ordering::SeqCst);
            // The count alone does not tell of a shutdown: it may have been taken over after the loop's own look.
            let goes_on = rota.is_current(shared) && !shared.shut_down.load(Ordering::Acquire);
            let second = if goes_on { rota.round(core) } else { Progress::Ran };
            match second {
                Progress::Ran => {}
                Progress::Idle => shared.park(core, None),
                Progress::IdleFor(ms) => shared.park(core, Some(ms)),
            }
            shared.sleeping.fetch_and(!bit, Ordering::SeqCst);
        }
        if idle_rounds > 0 {
            shared.searching.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Runs a core on the calling thread until everything is idle or `budget_ms` of `clock` is used up: the driver of
    /// a host without threads. Says whether to come back at once, later, or when something happens.
    pub fn run_slice(&self, core: CoreIndex, budget_ms: f64, clock: &dyn Clock) -> Progress {
        let deadline_ms = clock.now_ms() + budget_ms;
        let mut rota = Rota::new();
        rota.refresh(&self.shared);
        loop {
            let progress = rota.round(core);
            if progress != Progress::Ran || clock.now_ms() >= deadline_ms {
                return progress;
            }
        }
    }
}

impl Rota {
    fn new() -> Rota {
        Rota { version: u64::MAX, works: Vec::new(), first: 0 }
    }

    fn is_current(&self, shared: &Shared) -> bool {
        self.version == shared.version.load(Ordering::Acquire)
    }

    fn refresh(&mut self, shared: &Shared) {
        if !self.is_current(shared) {
            let works = locked(&shared.works);
            self.version = shared.version.load(Ordering::Acquire);
            let fresh = works.iter().map(|(_, work)| Arc::clone(work)).collect();
            drop(works);
            self.works = fresh;
        }
    }

    /// One turn of every work; each round starts one further.
    fn round(&mut self, core: CoreIndex) -> Progress {
        self.first = self.first.wrapping_add(1);
        let count = self.works.len();
        let turns = (0..count).map(|turn| self.works[(self.first + turn) % count].run(core));
        turns.fold(Progress::Idle, Progress::and)
    }
}

impl Shared {
    /// Sleeps until this core has a token or the time is over; takes the token.
    fn park(&self, core: CoreIndex, ms: Option<f64>) {
        let bed = &self.beds[core.0 as usize];
        let token = locked(&bed.token);
        let mut token = match ms {
            None => bed.woken.wait_while(token, |token| !*token).unwrap_or_else(PoisonError::into_inner),
            Some(_) if *token => token,
            Some(ms) => {
                let time = Duration::from_secs_f64(ms.clamp(0.0, 60_000.0) / 1000.0);
                bed.woken.wait_timeout(token, time).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        *token = false;
    }

    #[cold]
    fn wake(&self, mut candidates: u64) -> bool {
        while candidates != 0 {
            let bit = candidates.isolate_lowest_one();
            candidates &= !bit;
            if self.sleeping.fetch_and(!bit, Ordering::SeqCst) & bit != 0 {
                let bed = &self.beds[bit.trailing_zeros() as usize];
                *locked(&bed.token) = true;
                bed.woken.notify_one();
                return true;
            }
        }
        false
    }
}

impl Waker {
    /// A waker where nobody sleeps: the host calls the work itself.
    pub fn none() -> Waker {
        Waker { shared: None, cores: 0 }
    }

    /// Wakes one core if one sleeps. Call it after the item is visible; never misses a sleeper.
    pub fn wake_one(&self) {
        if let Some(shared) = &self.shared {
            // Pairs with the fence in `Pool::run_core` (invariant 2).
            fence(Ordering::SeqCst);
            let candidates = shared.sleeping.load(Ordering::Relaxed) & self.cores;
            if candidates != 0 {
                shared.wake(candidates);
            }
        }
    }

    /// Wakes every core that sleeps. Call it after what changed is visible.
    pub fn wake_all(&self) {
        if let Some(shared) = &self.shared {
            // Pairs with the fence in `Pool::run_core` (invariant 2).
            fence(Ordering::SeqCst);
            let mut candidates = shared.sleeping.load(Ordering::Relaxed) & self.cores;
            while candidates != 0 {
                let bit = candidates.isolate_lowest_one();
                shared.wake(bit);
                candidates &= !bit;
            }
        }
    }

    /// A core sleeps and none is looking for work: a [`Waker::hint`] would wake one.
    #[inline]
    pub fn could_help(&self) -> bool {
        match &self.shared {
            Some(shared) => {
                shared.sleeping.load(Ordering::Relaxed) & self.cores != 0
                    && shared.searching.load(Ordering::Relaxed) == 0
            }
            None => false,
        }
    }

    /// Wakes one core to help the calling core with its queue; may miss a core that is falling asleep (invariant 4).
    #[cold]
    pub fn hint(&self) {
        if let Some(shared) = &self.shared {
            shared.wake(shared.sleeping.load(Ordering::Relaxed) & self.cores);
        }
    }
}

/// Nothing that runs under these locks can leave them half done, so a poisoned lock is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Runs tokens one by one; some of them call for a later look only.
    #[derive(Default)]
    struct Tokens {
        waiting: AtomicU64,
        done: AtomicU64,
    }

    impl Work for Tokens {
        fn run(&self, _core: CoreIndex) -> Progress {
            let take = |waiting: u64| waiting.checked_sub(1);
            match self.waiting.try_update(Ordering::SeqCst, Ordering::SeqCst, take) {
                Ok(_) => {
                    self.done.fetch_add(1, Ordering::SeqCst);
                    Progress::Ran
                }
                Err(_) => Progress::Idle,
            }
        }
    }

    fn with_cores<R>(cores: usize, body: impl FnOnce(&Pool) -> R) -> R {
        let pool = Pool::new(cores);
        let mut threads = Vec::new();
        pool.start(|_, run| threads.push(thread::spawn(run)));
        let result = body(&pool);
        pool.shut_down();
        for thread in threads {
            thread.join().expect("a core loop ends");
        }
        result
    }

    fn eventually(condition: impl Fn() -> bool) {
        for _ in 0..20_000 {
            if condition() {
                return;
            }
            thread::sleep(Duration::from_micros(500));
        }
        panic!("did not happen within 10 s");
    }

    #[test]
    fn no_wake_up_is_lost() {
        const ROUNDS: u64 = if cfg!(miri) { 50 } else { 20_000 };
        with_cores(3, |pool| {
            let work = Arc::new(Tokens::default());
            pool.attach(Arc::clone(&work) as Arc<dyn Work>);
            let waker = pool.waker(3);
            for round in 1..=ROUNDS {
                work.waiting.fetch_add(1, Ordering::SeqCst);
                waker.wake_one();
                // Waiting for each token makes the cores fall asleep again and again while tokens arrive.
                let mut spins = 0_u64;
                while work.done.load(Ordering::SeqCst) < round {
                    spins += 1;
                    assert!(spins < 2_000_000, "token {round} was never run");
                    if spins.is_multiple_of(16) {
                        thread::yield_now();
                    }
                }
            }
        });
    }

    #[test]
    fn no_shutdown_is_missed() {
        const POOLS: usize = if cfg!(miri) { 20 } else { 2_000 };
        for _ in 0..POOLS {
            with_cores(2, |_| {});
        }
    }

    #[test]
    fn works_come_and_go_while_cores_run() {
        const TOKENS: u64 = if cfg!(miri) { 50 } else { 1000 };
        with_cores(2, |pool| {
            let (first, second) = (Arc::new(Tokens::default()), Arc::new(Tokens::default()));
            let id = pool.attach(Arc::clone(&first) as Arc<dyn Work>);
            pool.attach(Arc::clone(&second) as Arc<dyn Work>);
            for work in [&first, &second] {
                work.waiting.store(TOKENS, Ordering::SeqCst);
            }
            pool.waker(2).wake_all();
            eventually(|| [&first, &second].iter().all(|work| work.done.load(Ordering::SeqCst) == TOKENS));
            pool.detach(id);
            eventually(|| Arc::strong_count(&first) == 1);
        });
    }

    #[test]
    fn a_core_comes_back_by_itself_when_told_when() {
        struct Alarm(AtomicU64);
        impl Work for Alarm {
            fn run(&self, _core: CoreIndex) -> Progress {
                self.0.fetch_add(1, Ordering::SeqCst);
                Progress::IdleFor(1.0)
            }
        }
        with_cores(1, |pool| {
            let alarm = Arc::new(Alarm(AtomicU64::new(0)));
            pool.attach(Arc::clone(&alarm) as Arc<dyn Work>);
            eventually(|| alarm.0.load(Ordering::SeqCst) > 20);
        });
    }

    #[test]
    fn a_slice_ends_when_idle_or_out_of_time() {
        let pool = Pool::new(1);
        let work = Arc::new(Tokens::default());
        pool.attach(Arc::clone(&work) as Arc<dyn Work>);
        work.waiting.store(100, Ordering::SeqCst);
        let ticks = AtomicU64::new(0);
        let clock = || ticks.fetch_add(1, Ordering::Relaxed) as f64;
        let clock: &(dyn Fn() -> f64 + Send + Sync) = &clock;
        assert_eq!(pool.run_slice(CoreIndex(0), 10.0, &clock), Progress::Ran);
        assert_eq!(work.done.load(Ordering::SeqCst), 10);
        assert_eq!(pool.run_slice(CoreIndex(0), 1000.0, &clock), Progress::Idle);
        assert_eq!(work.done.load(Ordering::SeqCst), 100);
    }
}
