//! A seat at work: a core's turn, slices, sending and waking.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use executor::{Band, CoreIndex, Progress};

use crate::record::{Entry, Letter, Record, Release, Resident};
use crate::scheduler::{Alarm, Local, OPEN, Request, Scheduler, Seat, locked};
use crate::statistics::bump;
use crate::throttle::Allowance;
use crate::{Actor, ActorId, Address, Body, Cause, Context, Envelope, ExitKind, SliceRow, Step};

/// Slices in one turn, if they are short.
const TURN_SLICES: u32 = 64;
/// Reductions after which a turn ends.
const TURN_REDUCTIONS: u64 = 20_000;

/// Someone who holds a seat.
pub(crate) struct Station<'a, A: Actor> {
    pub(crate) scheduler: &'a Scheduler<A>,
    pub(crate) seat: &'a Seat<A>,
    /// `None` at the host's seat.
    pub(crate) core: Option<CoreIndex>,
    pub(crate) local: &'a mut Local<A>,
}

/// How a slice ended, for whoever ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SliceEnd {
    Yielded,
    Waiting,
    Ended,
}

impl<A: Actor> Station<'_, A> {
    /// One bounded turn of a core.
    pub(crate) fn turn(&mut self) -> Progress {
        self.expire_timers();
        let mut reductions = 0;
        let mut ran = false;
        for _ in 0..TURN_SLICES {
            if reductions >= TURN_REDUCTIONS {
                break;
            }
            let mut allowance = u64::MAX;
            if self.scheduler.throttle.is_on() {
                match self.scheduler.throttle.reserve(self.scheduler.clock.now_ms()) {
                    Allowance::Free => {}
                    Allowance::Reductions(reserved) => allowance = reserved,
                    Allowance::WaitMs(_) if ran => break,
                    Allowance::WaitMs(ms) => {
                        return Progress::IdleFor(self.ms_to_timer().map_or(ms, |due| due.min(ms)));
                    }
                }
            }
            let used = self.run_next(allowance);
            if allowance != u64::MAX {
                self.scheduler.throttle.settle(allowance, used.unwrap_or(0));
            }
            match used {
                Some(used) => reductions += used,
                None if ran => break,
                None => return self.ms_to_timer().map_or(Progress::Idle, Progress::IdleFor),
            }
            ran = true;
        }
        Progress::Ran
    }

    /// Runs the next actor, if there is one and the gate is open, and says what it charged.
    #[inline]
    fn run_next(&mut self, allowance: u64) -> Option<u64> {
        loop {
            let queues = self.local.queues.as_mut().expect("only cores have turns");
            let entry = queues.pick()?;
            if self.scheduler.waker.could_help() && queues.has_items() {
                self.scheduler.waker.hint();
            }
            let record = self.scheduler.table.get(entry.slot).expect("a queue entry names a slot in use");
            if record.generation() == entry.generation && record.claim() {
                // The scheduler's invariant 3: the actor may just have closed the gate on another core.
                if self.scheduler.gate.load(Ordering::Relaxed) != OPEN {
                    self.release(record, entry, true);
                    return None;
                }
                return Some(if self.scheduler.recording.load(Ordering::Relaxed) {
                    self.recorded_slice(record, entry, allowance)
                } else {
                    self.slice(record, entry, allowance).0
                });
            }
        }
    }

    #[cold]
    fn recorded_slice(&mut self, record: &Record<A>, entry: Entry, allowance: u64) -> u64 {
        let clock = &self.scheduler.clock;
        let number = record.number();
        let start_ms = clock.host_ms();
        let (used, _) = self.slice(record, entry, allowance);
        let length_ms = clock.host_ms() - start_ms;
        let row = SliceRow { number, start_ms: start_ms - self.scheduler.origin_ms, length_ms };
        locked(&self.seat.slices).push(row);
        used
    }

    /// Runs one slice of an actor that this station has claimed, and ends the claim.
    #[inline]
    pub(crate) fn slice(&mut self, record: &Record<A>, entry: Entry, allowance: u64) -> (u64, SliceEnd) {
        let Resident { actor, kin } = record.claimed();
        let station =
            Station { scheduler: self.scheduler, seat: self.seat, core: self.core, local: self.local };
        let mut context = Context { station, record, kin, charged: 0, allowance };
        let step = catch_unwind(AssertUnwindSafe(|| {
            let step = actor.step(&mut context);
            actor.publish(&record.gauge);
            step
        }));
        let charged = context.charged;
        record.charge(charged);
        bump(&self.seat.counters.slices, 1);
        bump(&self.seat.counters.reductions, charged);
        let end = match step {
            Ok(Step::Yield) => SliceEnd::Yielded,
            Ok(Step::Wait) => SliceEnd::Waiting,
            Ok(Step::Done(reason)) => {
                self.end(record, entry, reason);
                return (charged, SliceEnd::Ended);
            }
            Err(panic) => {
                self.end(record, entry, A::reason(Cause::Panicked(panic_text(&*panic))));
                return (charged, SliceEnd::Ended);
            }
        };
        self.release(record, entry, end == SliceEnd::Yielded);
        (charged, end)
    }

    /// Ends a claim, after the host has had its look if it asked for one.
    #[inline]
    pub(crate) fn release(&mut self, record: &Record<A>, entry: Entry, wants_to_run: bool) {
        loop {
            match record.release(wants_to_run) {
                Release::Idle => return bump(&self.seat.counters.made_idle, 1),
                Release::Ready { entry: true } => return self.enqueue(entry, record.band()),
                Release::Ready { entry: false } => return,
                Release::Attention => self.attend(record, entry),
            }
        }
    }

    /// Runs what the host wanted done with a claimed actor.
    #[cold]
    fn attend(&mut self, record: &Record<A>, entry: Entry) {
        record.attend();
        let mut requests = locked(&self.scheduler.requests);
        let is_mine = |request: &mut Request<A>| {
            request.0.slot == entry.slot && request.0.generation == entry.generation
        };
        let mine: Vec<Request<A>> = requests.extract_if(.., is_mine).collect();
        drop(requests);
        for (_, request) in mine {
            request(&mut record.claimed().actor);
        }
    }

    /// Makes a run-queue entry: in this core's queue, for the receiver's data is warm here.
    #[inline]
    pub(crate) fn enqueue(&mut self, entry: Entry, band: Band) {
        match &mut self.local.queues {
            Some(queues) => {
                queues.push(band, entry);
                if self.scheduler.waker.could_help() && queues.is_crowded() {
                    self.scheduler.waker.hint();
                }
            }
            None => {
                self.scheduler.queues.inject(band, entry);
                self.scheduler.waker.wake_one();
            }
        }
    }

    /// Makes an actor run whose inbox has just got something.
    #[inline]
    pub(crate) fn wake(&mut self, record: &Record<A>, slot: u32, signal: bool) {
        if record.notify(signal) {
            bump(&self.seat.counters.made_ready, 1);
            // Read after the notification: the entry is for whoever lives there now, and is ready.
            self.enqueue(Entry { slot, generation: record.generation() }, record.band());
        }
    }

    /// Puts an envelope into an inbox and wakes the receiver; gives it back if the receiver has ended.
    #[inline]
    pub(crate) fn post(&mut self, to: Address, envelope: Envelope<A>) -> Result<(), Envelope<A>> {
        let Some(record) = self.scheduler.table.get(to.slot) else { return Err(envelope) };
        if record.generation() != to.generation {
            return Err(envelope);
        }
        let signal = !matches!(envelope.body, Body::Message(_));
        let exchange = &self.scheduler.exchange;
        let node = self.local.nodes.fill(Letter { generation: to.generation, envelope }, exchange);
        match record.inbox.push(node) {
            Ok(()) => {
                self.wake(record, to.slot, signal);
                Ok(())
            }
            Err(node) => Err(self.local.nodes.empty(node, exchange).envelope),
        }
    }

    /// Sends a signal; whoever linked or monitored somebody gone is told so.
    pub(crate) fn signal(&mut self, to: Address, envelope: Envelope<A>) {
        if let Err(envelope) = self.post(to, envelope) {
            self.refuse(envelope);
        }
    }

    /// An envelope that nobody will read. Requests are answered as by an actor that never was: the answer is named
    /// after the request, so that it is the same however the race between request and end went.
    pub(crate) fn refuse(&mut self, envelope: Envelope<A>) {
        bump(&self.seat.counters.dead_letters, 1);
        let Envelope { sender, sender_number, sequence, body } = envelope;
        let reason = || A::reason(Cause::NoProcess);
        let (to, body) = match body {
            Body::Link { from, to } => {
                (from, Body::Exit { from: to, reason: reason(), kind: ExitKind::Link })
            }
            Body::Monitor { from, to, monitor } => (from, Body::Down { monitor, from: to, reason: reason() }),
            _ => return,
        };
        // The asker may be gone as well; nobody asks on behalf of an answer, so this ends here.
        let _gone = self.post(to, Envelope { sender, sender_number, sequence, body });
    }

    /// Delivers the timeouts that are due at this seat.
    #[inline]
    pub(crate) fn expire_timers(&mut self) {
        if f64::from_bits(self.seat.next_due_ms.load(Ordering::Relaxed)) < f64::INFINITY {
            self.expire_armed_timers();
        }
    }

    #[cold]
    fn expire_armed_timers(&mut self) {
        let now_ms = self.scheduler.clock.now_ms();
        loop {
            let mut timers = locked(&self.seat.timers);
            let due = timers.expire(now_ms);
            self.seat.publish_next_due(&timers);
            drop(timers);
            let Some(Alarm { to, number, sequence, token }) = due else { return };
            let body = Body::Timeout { token };
            let _gone = self.post(to, Envelope { sender: to.id, sender_number: number, sequence, body });
            // After the wake-up: a timer counts until its actor does.
            self.seat.armed.fetch_sub(1, Ordering::Release);
        }
    }

    /// Milliseconds until this seat's next timer is due.
    fn ms_to_timer(&self) -> Option<f64> {
        let due_ms = f64::from_bits(self.seat.next_due_ms.load(Ordering::Relaxed));
        (due_ms < f64::INFINITY).then(|| (due_ms - self.scheduler.clock.now_ms()).max(0.0))
    }

    /// An envelope from the host.
    pub(crate) fn host_envelope(&mut self, body: Body<A>) -> Envelope<A> {
        let sequence = self.local.sequence;
        self.local.sequence += 1;
        Envelope { sender: ActorId::HOST, sender_number: 0, sequence, body }
    }
}

impl<A: Actor> Seat<A> {
    /// Call it under the lock of `timers`, after a change.
    pub(crate) fn publish_next_due(&self, timers: &executor::TimerQueue<Alarm>) {
        let due_ms = timers.next_due_ms().unwrap_or(f64::INFINITY);
        self.next_due_ms.store(due_ms.to_bits(), Ordering::Relaxed);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without text")
        .to_owned()
}
