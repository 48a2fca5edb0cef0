//! A stub in place of the VM: an actor that is a closure over its deliveries, and worlds to run it in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use executor::{CoreIndex, Pool, Waker, Work};
use scheduler::{
    Actor, Cause, Config, Context, Delivery, Drained, Limits, Notice, Scheduler, SpawnOptions, Step,
};

/// Why a stub ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Normally.
    Normal,
    /// Some error.
    Error(&'static str),
    /// Who was meant does not exist.
    NoProcess,
    /// Killed.
    Killed,
    /// A panic.
    Panicked(String),
}

/// What a stub does with a slice: it gets what has arrived.
pub type Behaviour = Box<dyn FnMut(&mut Context<'_, Stub>, Vec<Delivery<Stub>>) -> Step<Reason> + Send>;

/// An actor made of a closure.
pub struct Stub {
    behaviour: Behaviour,
    slices: u64,
}

impl Stub {
    /// Runs `behaviour` once at the start and again whenever something has arrived or it yielded.
    pub fn new(
        behaviour: impl FnMut(&mut Context<'_, Stub>, Vec<Delivery<Stub>>) -> Step<Reason> + Send + 'static,
    ) -> Stub {
        Stub { behaviour: Box::new(behaviour), slices: 0 }
    }

    /// Slices so far.
    #[allow(dead_code, reason = "not every test file looks")]
    pub fn slices(&self) -> u64 {
        self.slices
    }
}

impl Actor for Stub {
    type Message = u64;
    type Reason = Reason;
    type Epitaph = u64;
    type Gauge = AtomicU64;

    fn step(&mut self, context: &mut Context<'_, Self>) -> Step<Reason> {
        self.slices += 1;
        context.charge(1);
        let mut deliveries = Vec::new();
        match context.drain(|_| (), &mut deliveries) {
            Drained::Exit(reason) => return Step::Done(reason),
            Drained::Delivered(count) => assert_eq!(count, deliveries.len()),
        }
        for delivery in &deliveries {
            if let Delivery::Message { bytes, .. } = delivery {
                context.consumed(1, *bytes);
            }
        }
        (self.behaviour)(context, deliveries)
    }

    fn message_bytes(_: &u64) -> usize {
        8
    }

    fn reason(cause: Cause) -> Reason {
        match cause {
            Cause::NoProcess => Reason::NoProcess,
            Cause::Killed => Reason::Killed,
            Cause::Panicked(text) => Reason::Panicked(text),
        }
    }

    fn is_normal(reason: &Reason) -> bool {
        *reason == Reason::Normal
    }

    fn publish(&self, gauge: &AtomicU64) {
        gauge.store(self.slices, Ordering::Relaxed);
    }

    fn epitaph(&self) -> u64 {
        self.slices
    }
}

/// Spawn options with nothing set.
#[allow(dead_code, reason = "not every test file spawns")]
pub const PLAIN: SpawnOptions = SpawnOptions { band: scheduler::Band::Normal, link: false, monitor: false };

/// A world on the calling thread, with a clock that the test moves.
#[allow(dead_code, reason = "not every test file runs on one thread")]
pub struct Alone {
    /// The world.
    pub world: Arc<Scheduler<Stub>>,
    /// Microseconds of host time.
    pub clock_us: Arc<AtomicU64>,
}

#[allow(dead_code, reason = "not every test file runs on one thread")]
impl Alone {
    /// A world with these limits.
    pub fn new(limits: Limits) -> Alone {
        let clock_us = Arc::new(AtomicU64::new(0));
        let hand = Arc::clone(&clock_us);
        let world = Scheduler::new(Config {
            cores: 1,
            limits,
            clock: Arc::new(move || hand.load(Ordering::Relaxed) as f64 / 1000.0),
            waker: Waker::none(),
            notify: Box::new(|_| ()),
        });
        Alone { world, clock_us }
    }

    /// Moves the clock.
    pub fn advance_ms(&self, ms: u64) {
        self.clock_us.fetch_add(ms * 1000, Ordering::Relaxed);
    }
}

/// A world on threads.
#[allow(dead_code, reason = "not every test file runs on threads")]
pub struct Threaded {
    /// The world.
    pub world: Arc<Scheduler<Stub>>,
    /// Times a core said that it is idle.
    pub idle_notices: Arc<AtomicU64>,
    pool: Pool,
    threads: Vec<JoinHandle<()>>,
}

#[allow(dead_code, reason = "not every test file runs on threads")]
impl Threaded {
    /// A world on so many threads.
    pub fn new(cores: usize) -> Threaded {
        let pool = Pool::new(cores);
        let start = Instant::now();
        let idle_notices = Arc::new(AtomicU64::new(0));
        let idle = Arc::clone(&idle_notices);
        let world = Scheduler::new(Config {
            cores,
            limits: Limits::default(),
            clock: Arc::new(move || start.elapsed().as_secs_f64() * 1000.0),
            waker: pool.waker(cores),
            notify: Box::new(move |notice| {
                idle.fetch_add(u64::from(notice == Notice::CoreIdle), Ordering::Relaxed);
            }),
        });
        pool.attach(Arc::clone(&world) as Arc<dyn Work>);
        let mut threads = Vec::new();
        pool.start(|_: CoreIndex, run| threads.push(thread::spawn(run)));
        Threaded { world, idle_notices, pool, threads }
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.pool.shut_down();
        for thread in self.threads.drain(..) {
            thread.join().expect("a core loop ends without a panic");
        }
    }
}

/// Waits until something holds; fails after 30 s (under Miri 10 minutes).
#[allow(dead_code, reason = "not every test file waits")]
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(if cfg!(miri) { 600 } else { 30 }), "never: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}
