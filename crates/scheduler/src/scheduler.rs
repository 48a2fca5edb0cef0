//! The scheduler: one world of actors, run by a pool's cores or by a single loop.
//!
//! 1. `seats` has one seat for each core and a last one for the host. Who holds a seat's `local` lock works there; a core
//!    takes it once a turn and never waits for it.
//! 2. A core sets its seat's `busy` before it looks at `gate`, and clears it after its last slice. So when the gate is
//!    closed and no seat is busy, no slice runs and none starts (both sides are sequentially consistent).
//! 3. A core looks at `gate` again after it has claimed an actor. The claim acquires what the actor's last core did, so an
//!    actor that closed the gate in its slice has no other slice before the gate opens again, wherever it is taken to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use crossbeam_utils::CachePadded;
use executor::{CoreIndex, OwnQueues, Progress, RunQueues, TimerQueue, VirtualClock, Waker, Work};

use crate::actor::Arrivals;
use crate::inbox::{Exchange, Nodes};
use crate::names::Names;
use crate::record::{Entry, Letter};
use crate::slots::SlotTable;
use crate::station::Station;
use crate::statistics::{Counters, SliceRing};
use crate::throttle::Throttle;
use crate::{Actor, Address, Config, EndedActor, Limits, Notice};

/// Actors run.
pub(crate) const OPEN: u8 = 0;
/// Cores stop at the next slice end; virtual time stands.
pub(crate) const PAUSED: u8 = 1;
/// As paused, for ever.
pub(crate) const STOPPED: u8 = 2;

/// A request of the host to an actor that was running when it asked.
pub(crate) type Request<A> = (Address, Box<dyn FnOnce(&mut A) + Send>);

/// One world of actors. See the crate's invariants.
pub struct Scheduler<A: Actor> {
    pub(crate) table: SlotTable<A>,
    pub(crate) queues: Arc<RunQueues<Entry>>,
    pub(crate) seats: Box<[CachePadded<Seat<A>>]>,
    pub(crate) exchange: Exchange<Letter<A>>,
    pub(crate) waker: Waker,
    pub(crate) clock: VirtualClock,
    pub(crate) origin_ms: f64,
    pub(crate) gate: AtomicU8,
    pub(crate) limits: Limits,
    pub(crate) alive: CachePadded<AtomicU64>,
    pub(crate) numbers: CachePadded<AtomicU32>,
    pub(crate) names: Names,
    pub(crate) requests: Mutex<Vec<Request<A>>>,
    pub(crate) throttle: Throttle,
    pub(crate) recording: AtomicBool,
    pub(crate) main: OnceLock<Address>,
    pub(crate) main_reason: Mutex<Option<A::Reason>>,
    pub(crate) notify: Box<dyn Fn(Notice) + Send + Sync>,
}

/// A core's, or the host's, part of the scheduler.
pub(crate) struct Seat<A: Actor> {
    pub(crate) local: Mutex<Local<A>>,
    pub(crate) counters: Counters,
    pub(crate) timers: Mutex<TimerQueue<Alarm>>,
    /// Timers armed here; a timer is counted until the actor that it wakes is counted as ready.
    pub(crate) armed: AtomicU64,
    /// When the next of `timers` is due, bits of an `f64`; infinite if none is.
    pub(crate) next_due_ms: AtomicU64,
    pub(crate) busy: AtomicBool,
    pub(crate) slices: Mutex<SliceRing>,
    pub(crate) ended: Mutex<VecDeque<EndedActor<A>>>,
}

/// What only the seat's holder uses.
pub(crate) struct Local<A: Actor> {
    /// `None` at the host's seat: what becomes ready there is injected.
    pub(crate) queues: Option<OwnQueues<Entry>>,
    pub(crate) nodes: Nodes<Letter<A>>,
    pub(crate) arrived: Arrivals<A>,
    pub(crate) slots: Vec<u32>,
    /// The host has been told that this core is idle.
    pub(crate) told_idle: bool,
    /// The host's own counters: what it has sent and made.
    pub(crate) sequence: u64,
    pub(crate) creations: u64,
}

/// A timer: whom it wakes, with what.
#[derive(Clone, Copy)]
pub(crate) struct Alarm {
    pub(crate) to: Address,
    pub(crate) number: u32,
    pub(crate) sequence: u64,
    pub(crate) token: u64,
}

impl<A: Actor> Scheduler<A> {
    /// A world without actors, ready to run.
    ///
    /// # Panics
    /// If `config.cores` is 0 or above 64.
    pub fn new(config: Config) -> Arc<Scheduler<A>> {
        let (queues, own) = RunQueues::new(config.cores);
        let seats =
            own.into_iter().map(Some).chain([None]).map(|own| CachePadded::new(Seat::new(own))).collect();
        let clock = VirtualClock::new(config.clock);
        Arc::new(Scheduler {
            table: SlotTable::new(),
            queues,
            seats,
            exchange: Exchange::new(),
            waker: config.waker,
            origin_ms: clock.host_ms(),
            clock,
            gate: AtomicU8::new(OPEN),
            limits: config.limits.clamped(),
            alive: CachePadded::default(),
            numbers: CachePadded::default(),
            names: Names::default(),
            requests: Mutex::new(Vec::new()),
            throttle: Throttle::default(),
            recording: AtomicBool::new(false),
            main: OnceLock::new(),
            main_reason: Mutex::new(None),
            notify: config.notify,
        })
    }

    /// Cores that run this world.
    pub fn cores(&self) -> usize {
        self.seats.len() - 1
    }

    /// Runs `body` at the host's seat.
    pub(crate) fn at_host<R>(&self, body: impl FnOnce(&mut Station<'_, A>) -> R) -> R {
        let seat = &self.seats[self.cores()];
        let mut local = locked(&seat.local);
        body(&mut Station { scheduler: self, seat, core: None, local: &mut local })
    }
}

impl<A: Actor> Seat<A> {
    fn new(queues: Option<OwnQueues<Entry>>) -> Seat<A> {
        let local = Local {
            queues,
            nodes: Nodes::new(),
            arrived: Arrivals::new(),
            slots: Vec::new(),
            told_idle: false,
            sequence: 0,
            creations: 0,
        };
        Seat {
            local: Mutex::new(local),
            counters: Counters::default(),
            timers: Mutex::default(),
            armed: AtomicU64::new(0),
            next_due_ms: AtomicU64::new(f64::INFINITY.to_bits()),
            busy: AtomicBool::new(false),
            slices: Mutex::default(),
            ended: Mutex::default(),
        }
    }
}

impl<A: Actor> Work for Scheduler<A> {
    fn run(&self, core: CoreIndex) -> Progress {
        let index = core.0 as usize;
        if index >= self.cores() || self.gate.load(Ordering::Relaxed) != OPEN {
            return Progress::Idle;
        }
        let seat = &self.seats[index];
        let mut local = match seat.local.try_lock() {
            Ok(local) => local,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Two loops for one core: the other one is at work.
            Err(TryLockError::WouldBlock) => return Progress::Idle,
        };
        // Sequentially consistent, as is the load: pairs with the store to `gate` in `close_gate` (invariant 2).
        seat.busy.store(true, Ordering::SeqCst);
        let progress = if self.gate.load(Ordering::SeqCst) == OPEN {
            Station { scheduler: self, seat, core: Some(core), local: &mut local }.turn()
        } else {
            Progress::Idle
        };
        seat.busy.store(false, Ordering::SeqCst);
        let was_told = std::mem::replace(&mut local.told_idle, progress != Progress::Ran);
        drop(local);
        if progress != Progress::Ran && !was_told {
            (self.notify)(Notice::CoreIdle);
        }
        progress
    }
}

/// No invariant of ours spans a panic under these locks.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
