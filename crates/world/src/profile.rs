//! The sampling profiler: every so many reductions of an actor, where it is.
//!
//! 1. What is sampled depends on the program alone: an actor is looked at after so many reductions of its own, with a jitter
//!    that its identity seeds. No timer is needed, and a profile repeats from run to run, but for its times.
//! 2. Profiling changes nothing that a program, a journal or a replay could notice. A slice runs in pieces, and its fuel, its
//!    end and its drains are those of the whole.
//! 3. The lock of what was noted is held for a sample at a time, never while an actor runs.
//! 4. The share of time that sampling takes is bounded however deep stacks are: the deeper, the rarer.

mod tree;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::Profile;
use vm::{Counts, Debugger, Host, Library, Linker, Machine, Outcome};

use self::tree::{Place, Tree};

/// Frames of a sample.
const FRAMES_MAX: usize = 200;
/// Reductions between two samples for each frame of the stack, at least.
const REDUCTIONS_A_FRAME: u32 = 64;
/// Instructions that a sample may be put off: calls, which cost a reduction, are not where all the time goes.
const PUT_OFF_MAX: u64 = 63;

/// What was noted of one run.
#[derive(Default)]
pub struct Profiler {
    /// Goes up when it is switched; 0 as long as it never was.
    version: AtomicU64,
    /// Reductions between two samples; 0 while it is off.
    interval: AtomicU32,
    counting: AtomicBool,
    tree: Mutex<Tree>,
    /// Counts that no slice uses now: at most as many as there are cores.
    counts: Mutex<Vec<Counts>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Profiler {
    /// From now on, actors are sampled every `interval` reductions, and with `counting` every instruction is counted, which
    /// takes many times as long; 0 ends both. What was noted before is kept as long as nothing new begins.
    #[optimize(size)]
    pub fn set(&self, interval: u32, counting: bool, now_ms: f64) {
        if interval == self.interval.load(Ordering::Relaxed) {
            return;
        }
        locked(&self.tree).switch(interval, now_ms);
        self.interval.store(interval, Ordering::Relaxed);
        self.counting.store(counting && interval > 0, Ordering::Relaxed);
        // Release pairs with the acquire in `version`.
        self.version.fetch_add(1, Ordering::Release);
    }

    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// A sampler for the actor of this identity, while profiling is on.
    #[optimize(size)]
    pub(crate) fn sampler(&self, actor: u128) -> Option<Box<Sampler>> {
        let interval = self.interval.load(Ordering::Relaxed);
        (interval > 0).then(|| Box::new(Sampler::new(interval, self.counting.load(Ordering::Relaxed), actor)))
    }

    /// The profile of an actor, or of all, with at most `nodes_max` nodes; what has no room counts for its callers. With
    /// `timeline`, samples in time. `now_ms` and `origin_ms` are the clock's readings now and at the run's beginning.
    #[optimize(size)]
    pub fn profile(
        &self,
        linker: &Linker,
        actor: Option<u32>,
        nodes_max: usize,
        timeline: bool,
        (origin_ms, now_ms): (f64, f64),
    ) -> Profile {
        let resolve = |site: u32| Place::of(site, linker.profile_place(site));
        locked(&self.tree).profile(resolve, actor, nodes_max, timeline, (origin_ms, now_ms))
    }

    /// How often which instruction ran; complete when nothing runs.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        locked(&self.counts).iter().for_each(|counts| sum.merge(counts));
        sum
    }
}

/// What one actor needs to be sampled.
pub(crate) struct Sampler {
    interval: u32,
    counting: bool,
    /// Reductions until the next sample.
    left: i64,
    /// What the next sample stands for.
    weight: u32,
    random: u64,
    frames: Vec<u32>,
}

/// Who is sampled, and for whom.
pub(crate) struct Seen<'a> {
    pub(crate) profiler: &'a Profiler,
    pub(crate) clock: fn() -> f64,
    pub(crate) number: u32,
    /// Answers the actor's name.
    pub(crate) label: &'a dyn Fn() -> String,
}

impl Sampler {
    fn new(interval: u32, counting: bool, actor: u128) -> Sampler {
        let random = (actor as u64 ^ (actor >> 64) as u64) | 1;
        let mut sampler =
            Sampler { interval, counting, left: 0, weight: interval, random, frames: Vec::new() };
        // Anywhere in the interval: so actors that end before it is over have their share of samples.
        sampler.left = 1 + (sampler.draw() % u64::from(interval)) as i64;
        sampler
    }

    /// Marsaglia's xorshift.
    fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 16
    }

    /// Runs a slice as [`Machine::step`] does, and samples when it is time.
    pub(crate) fn run(
        &mut self,
        machine: &mut Machine,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        mut debugger: Option<&mut Debugger>,
        seen: &Seen<'_>,
    ) -> Outcome {
        loop {
            if self.left > *fuel {
                let before = *fuel;
                let outcome = self.step(machine, library, host, fuel, debugger, seen);
                self.left -= before - *fuel;
                return outcome;
            }
            if self.left > 0 {
                let mut piece = self.left;
                let outcome = self.step(machine, library, host, &mut piece, debugger.as_deref_mut(), seen);
                *fuel -= self.left - piece;
                self.left = piece;
                if outcome != Outcome::OutOfFuel {
                    return outcome;
                }
            }
            if let Some(outcome) = self.put_off(machine, library, host, fuel, debugger.is_some()) {
                return outcome;
            }
            self.sample(machine, seen);
            if *fuel <= 0 {
                return Outcome::OutOfFuel;
            }
        }
    }

    fn step(
        &self,
        machine: &mut Machine,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        debugger: Option<&mut Debugger>,
        seen: &Seen<'_>,
    ) -> Outcome {
        if !self.counting || debugger.is_some() {
            return machine.step(library, host, fuel, debugger);
        }
        let mut counts = locked(&seen.profiler.counts).pop().unwrap_or_default();
        counts.interrupt();
        let outcome = machine.step_counted(library, host, fuel, &mut counts);
        locked(&seen.profiler.counts).push(counts);
        outcome
    }

    /// Lets a few more instructions run, so that samples lie anywhere and not at calls alone. Not before a primitive, which
    /// has been stopped in the middle of its work perhaps. Answers what has ended the slice meanwhile.
    fn put_off(
        &mut self,
        machine: &mut Machine,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        is_debugged: bool,
    ) -> Option<Outcome> {
        if *fuel <= 0 || is_debugged || self.counting || machine.is_at_primitive() {
            return None;
        }
        let few = (self.draw() & PUT_OFF_MAX) as u32;
        let before = *fuel;
        let outcome = machine.step_few(library, host, fuel, few);
        self.left -= before - *fuel;
        outcome.filter(|outcome| *outcome != Outcome::OutOfFuel)
    }

    fn sample(&mut self, machine: &Machine, seen: &Seen<'_>) {
        let is_deep = machine.sample(&mut self.frames, FRAMES_MAX);
        // Work that is charged at once may have gone past the end of the interval.
        let weight = u64::from(self.weight) + self.left.min(0).unsigned_abs();
        let at_ms = (seen.clock)();
        let mut tree = locked(&seen.profiler.tree);
        let is_new = tree.add(seen.number, &self.frames, is_deep, weight, at_ms);
        drop(tree);
        if is_new {
            let label = (seen.label)();
            locked(&seen.profiler.tree).name(seen.number, label);
        }
        self.weight = self.interval.max(self.frames.len() as u32 * REDUCTIONS_A_FRAME);
        let jitter = self.draw() % u64::from(self.weight / 2 + 1);
        self.left = (i64::from(self.weight - self.weight / 4) + jitter as i64).max(1);
    }
}
