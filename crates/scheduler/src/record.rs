//! A slot's record: the shared face of an actor, and the actor itself.
//!
//! `state` is a set of bits. Its transitions are all read-modify-writes, so they have one order that everybody agrees on:
//!
//! 1. `LIVE`: an actor lives here. Without it nothing else means anything.
//! 2. `CLAIMED`: somebody (a core for a slice, or the host) owns `resident`; nobody else touches it.
//! 3. `READY`: it shall run. Unclaimed and ready, exactly one run-queue entry is there or about to be; claimed and ready,
//!    the claimer makes one at the release. (A slot reused during a wake-up can have one entry too many: the claim
//!    sorts that out, at the cost of one look.)
//! 4. `GHOST`: the host claimed an actor whose run-queue entry still stands.
//! 5. `SIGNAL`: a signal has arrived since the last drain. `ATTENTION`: the host wants a look before the release.
//! 6. A sender pushes first and sets `READY` second; a receiver clears `READY` first and takes the inbox second. So what
//!    was pushed is either taken, or `READY` is still set at the release and the actor runs again.
//! 7. `load` is the sum over messages pushed or delivered and not consumed; every add has its own subtraction, so
//!    it is never reset, whoever lives here.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use executor::Band;

use crate::end::Kin;
use crate::inbox::Inbox;
use crate::{Actor, ActorId, Address, Envelope, Phase};

const LIVE: u32 = 1;
const CLAIMED: u32 = 2;
const READY: u32 = 4;
const GHOST: u32 = 8;
const SIGNAL: u32 = 16;
const ATTENTION: u32 = 32;

/// One message in [`Record::load`], whose lower bits count bytes.
const LOAD_MESSAGE: u64 = 1 << 40;

/// What an inbox holds: an envelope and the generation it is meant for.
pub(crate) struct Letter<A: Actor> {
    pub(crate) generation: u32,
    pub(crate) envelope: Envelope<A>,
}

/// An actor and what the scheduler keeps for it.
pub(crate) struct Resident<A: Actor> {
    pub(crate) actor: A,
    pub(crate) kin: Kin,
}

/// What a run queue holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// How a claim ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// It waits for something to arrive.
    Idle,
    /// It shall run; `entry` says whether the releaser makes the queue entry.
    Ready { entry: bool },
    /// Not released: the host wants a look first.
    Attention,
}

/// A messages-and-bytes pair in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load(u64);

impl Load {
    pub(crate) fn of_message(bytes: usize) -> Load {
        Load(LOAD_MESSAGE + (bytes as u64).min(LOAD_MESSAGE / 4))
    }

    /// So many messages that have so many bytes together.
    pub(crate) fn of_messages(messages: usize, bytes: usize) -> Load {
        Load(messages as u64 * LOAD_MESSAGE + bytes as u64)
    }

    pub(crate) fn messages(self) -> u64 {
        self.0 / LOAD_MESSAGE
    }

    pub(crate) fn bytes(self) -> u64 {
        self.0 % LOAD_MESSAGE
    }

    pub(crate) fn add(&mut self, other: Load) {
        self.0 += other.0;
    }

    pub(crate) fn subtract(&mut self, other: Load) {
        debug_assert!(self.0 >= other.0, "consumed more than was delivered");
        self.0 = self.0.saturating_sub(other.0);
    }
}

/// See the module's invariants. Its memory lives as long as the scheduler.
pub(crate) struct Record<A: Actor> {
    pub(crate) inbox: Inbox<Letter<A>>,
    state: AtomicU32,
    generation: AtomicU32,
    load: AtomicU64,
    band: AtomicU8,
    /// The actor may stand in the table of names.
    pub(crate) named: AtomicBool,
    number: AtomicU32,
    id: [AtomicU64; 2],
    reductions: AtomicU64,
    pub(crate) gauge: A::Gauge,
    resident: UnsafeCell<Option<Resident<A>>>,
}

// SAFETY: everything but `resident` is atomic, and `resident` is touched only by whoever set `CLAIMED` or owns the slot
// while it is not `LIVE` (invariant 2). It then moves between threads, so it must be `Send`, which `Actor` demands.
unsafe impl<A: Actor> Sync for Record<A> {}

impl<A: Actor> Record<A> {
    pub(crate) fn new() -> Record<A> {
        Record {
            inbox: Inbox::new_closed(),
            state: AtomicU32::new(0),
            generation: AtomicU32::new(1),
            load: AtomicU64::new(0),
            band: AtomicU8::new(Band::Normal as u8),
            named: AtomicBool::new(false),
            number: AtomicU32::new(0),
            id: [AtomicU64::new(0), AtomicU64::new(0)],
            reductions: AtomicU64::new(0),
            gauge: A::Gauge::default(),
            resident: UnsafeCell::new(None),
        }
    }

    /// Which of the slot's actors lives here or comes next. Acquire pairs with the release in [`Record::move_out`].
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn band(&self) -> Band {
        Band::ALL[self.band.load(Ordering::Relaxed) as usize]
    }

    pub(crate) fn set_band(&self, band: Band) {
        self.band.store(band as u8, Ordering::Relaxed);
    }

    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn reductions(&self) -> u64 {
        self.reductions.load(Ordering::Relaxed)
    }

    /// Only the claimer charges, so the sum needs no read-modify-write.
    #[inline]
    pub(crate) fn charge(&self, reductions: u64) {
        self.reductions.store(self.reductions() + reductions, Ordering::Relaxed);
    }

    /// The address of the actor that lives here. Torn if it moves out meanwhile: check [`Record::is_live`] after.
    pub(crate) fn address(&self, slot: u32) -> Address {
        let generation = self.generation();
        let [low, high] = [&self.id[0], &self.id[1]].map(|half| u128::from(half.load(Ordering::Relaxed)));
        Address { id: ActorId(low | high << 64), slot, generation }
    }

    /// Still the same actor.
    pub(crate) fn is_live(&self, generation: u32) -> bool {
        self.state.load(Ordering::Acquire) & LIVE != 0 && self.generation() == generation
    }

    /// What the actor is doing, if one lives here.
    pub(crate) fn phase(&self) -> Option<Phase> {
        let state = self.state.load(Ordering::Acquire);
        match state & (LIVE | CLAIMED | READY) {
            0 => None,
            bits if bits & LIVE == 0 => None,
            bits if bits & CLAIMED != 0 => Some(Phase::Running),
            bits if bits & READY != 0 => Some(Phase::Ready),
            _ => Some(Phase::Waiting),
        }
    }

    pub(crate) fn load(&self) -> Load {
        Load(self.load.load(Ordering::Relaxed))
    }

    /// Counts a message, and gives what was counted before.
    #[inline]
    pub(crate) fn add_load(&self, load: Load) -> Load {
        Load(self.load.fetch_add(load.0, Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn subtract_load(&self, load: Load) {
        if load.0 != 0 {
            self.load.fetch_sub(load.0, Ordering::Relaxed);
        }
    }

    /// Moves an actor into a slot that the caller owns and that is not live. It is ready: the caller makes the entry.
    pub(crate) fn move_in(&self, resident: Resident<A>, band: Band) {
        debug_assert!(self.state.load(Ordering::Relaxed) & LIVE == 0, "slot in use");
        resident.actor.publish(&self.gauge);
        self.set_band(band);
        self.number.store(resident.kin.number, Ordering::Relaxed);
        let id = resident.kin.address.id.0;
        self.id[0].store(id as u64, Ordering::Relaxed);
        self.id[1].store((id >> 64) as u64, Ordering::Relaxed);
        self.reductions.store(0, Ordering::Relaxed);
        // SAFETY: the slot is not live and the caller took it from the free slots: nobody else is here.
        unsafe { *self.resident.get() = Some(resident) };
        // Release pairs with the acquire of `claim`. A late notification of a former actor may set a bit before or after
        // this store; it says `READY`, which holds anyway.
        self.state.store(LIVE | READY, Ordering::Release);
        self.inbox.open();
    }

    /// The actor and its kin. The caller has claimed the record and lets go of the borrow before it releases.
    #[expect(clippy::mut_from_ref, reason = "the claim makes the borrow exclusive")]
    pub(crate) fn claimed(&self) -> &mut Resident<A> {
        debug_assert!(self.state.load(Ordering::Relaxed) & CLAIMED != 0, "not claimed");
        // SAFETY: the caller's claim excludes everybody else (invariant 2).
        let resident = unsafe { &mut *self.resident.get() };
        resident.as_mut().expect("a claimed record has an actor")
    }

    /// Takes the actor out; from now on its address is stale. The caller has claimed the record and still owns it.
    pub(crate) fn move_out(&self) -> Resident<A> {
        debug_assert!(self.state.load(Ordering::Relaxed) & CLAIMED != 0, "not claimed");
        self.generation.store(self.generation().wrapping_add(1), Ordering::Release);
        // SAFETY: the caller's claim excludes everybody else (invariant 2).
        unsafe { (*self.resident.get()).take() }.expect("a claimed record has an actor")
    }

    /// Ends the claim of a record whose actor moved out. Says whether the host had asked for attention.
    pub(crate) fn vacate(&self) -> bool {
        self.state.swap(0, Ordering::AcqRel) & ATTENTION != 0
    }

    /// Says that something has been pushed. True: the caller makes the queue entry.
    #[inline]
    pub(crate) fn notify(&self, signal: bool) -> bool {
        let bits = if signal { READY | SIGNAL } else { READY };
        // Release: the push comes first (invariant 6). Acquire pairs with `release`, whose queue entry is gone then.
        let before = self.state.fetch_or(bits, Ordering::AcqRel);
        before & (LIVE | CLAIMED | READY) == LIVE
    }

    /// A signal has arrived since the last drain.
    #[inline]
    pub(crate) fn has_signals(&self) -> bool {
        self.state.load(Ordering::Relaxed) & SIGNAL != 0
    }

    /// Before the inbox is taken: what has arrived so far is seen (invariant 6).
    #[inline]
    pub(crate) fn see_arrivals(&self) {
        if self.state.load(Ordering::Relaxed) & (READY | SIGNAL) != 0 {
            self.state.fetch_and(!(READY | SIGNAL), Ordering::AcqRel);
        }
    }

    /// A core that took the actor's queue entry claims it. False: the entry was void.
    #[inline]
    pub(crate) fn claim(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let claimed = match state & (LIVE | CLAIMED | READY | GHOST) {
                bits if bits & (LIVE | CLAIMED | READY) == LIVE | READY => {
                    Some((state | CLAIMED) & !(READY | GHOST))
                }
                // The host holds it and the entry is gone now: the host makes a new one at its release.
                bits if bits & (LIVE | CLAIMED | GHOST) == LIVE | CLAIMED | GHOST => None,
                _ => return false,
            };
            let next = claimed.unwrap_or((state | READY) & !GHOST);
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return claimed.is_some(),
                Err(found) => state = found,
            }
        }
    }

    /// The host claims an actor that is not running; `to_run` takes its readiness with it. `None`: it runs or is
    /// gone; else whether it was ready.
    pub(crate) fn claim_by_host(&self, to_run: bool) -> Option<bool> {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state & (LIVE | CLAIMED) != LIVE {
                return None;
            }
            let ready = state & READY != 0;
            let mut next = state | CLAIMED | if ready { GHOST } else { 0 };
            if to_run {
                next &= !READY;
            }
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(ready),
                Err(found) => state = found,
            }
        }
    }

    /// Ends a claim. The caller touches the actor no more unless it is told to pay attention.
    #[inline]
    pub(crate) fn release(&self, wants_to_run: bool) -> Release {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state & ATTENTION != 0 {
                return Release::Attention;
            }
            // A ghost entry comes round in any case, so such an actor is ready.
            let ready = wants_to_run || state & (READY | GHOST) != 0;
            let next = (state & !(CLAIMED | GHOST | READY)) | if ready { READY } else { 0 };
            // Release: who claims next sees all that the slice wrote.
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if ready => return Release::Ready { entry: state & GHOST == 0 },
                Ok(_) => return Release::Idle,
                Err(found) => state = found,
            }
        }
    }

    /// Asks the claimer to look at the host's requests before it releases. False: nobody claims it now.
    pub(crate) fn ask_attention(&self) -> bool {
        let before = self.state.fetch_or(ATTENTION, Ordering::AcqRel);
        before & (LIVE | CLAIMED) == LIVE | CLAIMED
    }

    /// The claimer is about to look at the host's requests.
    pub(crate) fn attend(&self) {
        self.state.fetch_and(!ATTENTION, Ordering::AcqRel);
    }
}
