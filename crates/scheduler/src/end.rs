//! What an actor is tied to, and what happens to the ties when it ends.
//!
//! 1. A link stands in both actors' `links` (or in one, while its signal is on the way). A monitoring stands in the
//!    watcher's `watching` and in the watched one's `watchers`.
//! 2. Ties are ordered by id, so the signals of an end are sent in an order that no schedule changes.
//! 3. After an end: its address is stale, its inbox closed, every request that was in it answered, its timers
//!    cancelled, its names free, its load taken off the record.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use executor::TimerKey;

use crate::record::{Entry, Load, Record, Resident};
use crate::scheduler::locked;
use crate::station::Station;
use crate::statistics::bump;
use crate::{Actor, ActorId, Address, Body, EndedActor, Envelope, ExitKind, MonitorId, Notice};

/// Ended actors that are remembered, over all cores.
const ENDED_MAX: usize = 1000;

/// What the scheduler keeps for an actor, beside the record that others see.
pub(crate) struct Kin {
    pub(crate) address: Address,
    pub(crate) number: u32,
    pub(crate) trap_exit: bool,
    /// Envelopes sent and timers armed so far.
    pub(crate) sequence: u64,
    /// Actors and monitors made so far.
    pub(crate) creations: u64,
    /// Messages delivered and not consumed.
    pub(crate) unconsumed: Load,
    /// Most actors have none.
    ties: Option<Box<Ties>>,
}

#[derive(Default)]
pub(crate) struct Ties {
    pub(crate) links: BTreeMap<ActorId, Address>,
    pub(crate) watching: BTreeMap<MonitorId, Address>,
    pub(crate) watchers: BTreeMap<MonitorId, Address>,
    pub(crate) timers: Vec<ArmedTimer>,
}

/// A timer that has neither been cancelled nor delivered.
#[derive(Clone, Copy)]
pub(crate) struct ArmedTimer {
    pub(crate) token: u64,
    pub(crate) seat: usize,
    pub(crate) key: TimerKey,
}

impl Kin {
    pub(crate) fn new(address: Address, number: u32) -> Kin {
        Kin {
            address,
            number,
            trap_exit: false,
            sequence: 0,
            creations: 0,
            unconsumed: Load::default(),
            ties: None,
        }
    }

    /// The ties, made when first needed.
    pub(crate) fn ties(&mut self) -> &mut Ties {
        self.ties.get_or_insert_default()
    }

    /// The ties, if any were ever made.
    pub(crate) fn ties_if_any(&mut self) -> Option<&mut Ties> {
        self.ties.as_deref_mut()
    }

    /// An envelope from this actor.
    pub(crate) fn envelope<A: Actor>(&mut self, body: Body<A>) -> Envelope<A> {
        let sequence = self.sequence;
        self.sequence += 1;
        Envelope { sender: self.address.id, sender_number: self.number, sequence, body }
    }

    /// The number of the next thing that this actor creates.
    pub(crate) fn create(&mut self) -> u64 {
        self.creations += 1;
        self.creations - 1
    }
}

impl<A: Actor> Station<'_, A> {
    /// Ends an actor that this station has claimed.
    #[cold]
    pub(crate) fn end(&mut self, record: &Record<A>, entry: Entry, reason: A::Reason) {
        let Resident { actor, mut kin } = record.move_out();
        let mut load = kin.unconsumed;
        let mut left = record.inbox.close();
        while let Some(letter) = left.next(&mut self.local.nodes, &self.scheduler.exchange) {
            if let Body::Message(message) = &letter.envelope.body {
                load.add(Load::of_message(A::message_bytes(message)));
            }
            self.refuse(letter.envelope);
        }
        record.subtract_load(load);
        self.untie(&mut kin, &reason);
        if record.named.swap(false, Ordering::Relaxed) {
            self.scheduler.names.remove_all_of(kin.address);
        }
        self.bury(record, &kin, actor, &reason);
        if record.vacate() {
            locked(&self.scheduler.requests)
                .retain(|(to, _)| to.slot != entry.slot || to.generation != entry.generation);
        }
        self.scheduler.table.give(&mut self.local.slots, entry.slot);
        self.scheduler.alive.fetch_sub(1, Ordering::Relaxed);
        bump(&self.seat.counters.ended, 1);
        if self.scheduler.main.get() == Some(&kin.address) {
            *locked(&self.scheduler.main_reason) = Some(reason);
            (self.scheduler.notify)(Notice::MainEnded);
        }
        bump(&self.seat.counters.made_idle, 1);
    }

    /// Tells everybody who is tied to an ended actor, and cancels its timers.
    fn untie(&mut self, kin: &mut Kin, reason: &A::Reason) {
        let Some(ties) = kin.ties.take() else { return };
        let from = kin.address;
        for to in ties.links.into_values() {
            let body = Body::Exit { from, reason: reason.clone(), kind: ExitKind::Link };
            let envelope = kin.envelope(body);
            self.signal(to, envelope);
        }
        for (monitor, to) in ties.watchers {
            let envelope = kin.envelope(Body::Down { monitor, from, reason: reason.clone() });
            self.signal(to, envelope);
        }
        for (monitor, to) in ties.watching {
            let envelope = kin.envelope(Body::Demonitor { monitor });
            self.signal(to, envelope);
        }
        for timer in ties.timers {
            self.disarm(timer);
        }
    }

    /// Remembers an ended actor and drops it. A panic on the way is the dead actor's own.
    fn bury(&mut self, record: &Record<A>, kin: &Kin, actor: A, reason: &A::Reason) {
        let epitaph = catch_unwind(AssertUnwindSafe(|| actor.epitaph()));
        let _panic = catch_unwind(AssertUnwindSafe(|| drop(actor)));
        let Ok(epitaph) = epitaph else { return };
        let row = EndedActor {
            number: kin.number,
            address: kin.address,
            reason: reason.clone(),
            epitaph,
            reductions: record.reductions(),
            ended_ms: self.scheduler.clock.now_ms(),
        };
        let mut ended = locked(&self.seat.ended);
        if ended.len() >= ENDED_MAX / self.scheduler.cores() {
            ended.pop_front();
        }
        ended.push_back(row);
    }

    /// Takes a timer away; false if it has expired.
    pub(crate) fn disarm(&mut self, timer: ArmedTimer) -> bool {
        let seat = &self.scheduler.seats[timer.seat];
        let mut timers = locked(&seat.timers);
        let cancelled = timers.cancel(timer.key).is_some();
        if cancelled {
            seat.publish_next_due(&timers);
            seat.armed.fetch_sub(1, Ordering::Release);
        }
        cancelled
    }
}
