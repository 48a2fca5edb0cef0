//! What the host does with a world: start, pause, stop, look, step. Nothing here waits for an actor.

use std::sync::atomic::Ordering;

use executor::{CoreIndex, Progress, Work};

use crate::record::Entry;
use crate::scheduler::{OPEN, PAUSED, STOPPED, Scheduler, Seat, locked};
use crate::station::SliceEnd;
use crate::statistics::{bump, read};
use crate::{
    Actor, ActorId, ActorView, Address, Band, Body, CoreStatistics, EndedActor, ExitKind, SendOutcome,
    SliceRow, SpawnError, Statistics, Step,
};

/// What a world is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activity {
    /// Some actor runs or is ready to.
    Running,
    /// All actors wait, and a timer is armed: the earliest is due at this virtual time.
    Waiting {
        /// Milliseconds of virtual time.
        due_ms: f64,
    },
    /// All actors wait, and nothing in the world will wake one.
    Deadlock,
    /// No actor lives.
    Ended,
}

/// Why an actor cannot be looked at now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It runs. Ask again, or use [`Scheduler::inspect`].
    Running,
    /// It has ended.
    Ended,
}

/// What became of a request to inspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// It was done at once.
    Done,
    /// The actor runs: its core does it at the end of the slice, unless the actor ends there.
    Later,
    /// The actor has ended.
    Ended,
}

impl<A: Actor> Scheduler<A> {
    /// Makes an actor on behalf of the host. The first one is the main actor.
    ///
    /// # Errors
    /// The actor back, if as many live as may.
    pub fn start(&self, actor: A, band: Band) -> Result<Address, (A, SpawnError)> {
        self.at_host(|station| {
            let id = ActorId::HOST.child(station.local.creations);
            station.local.creations += 1;
            station.spawn(id, actor, band, |kin| {
                // Before anybody can run it, so that its end finds it here.
                let _later_ones_are_not_main = self.main.set(kin.address);
            })
        })
    }

    /// The main actor.
    pub fn main(&self) -> Option<Address> {
        self.main.get().copied()
    }

    /// Why the main actor ended, once it has.
    pub fn main_ended(&self) -> Option<A::Reason> {
        locked(&self.main_reason).clone()
    }

    /// Sends a message from the host.
    pub fn send(&self, to: Address, message: A::Message) -> SendOutcome<A::Message> {
        self.at_host(|station| {
            let envelope = station.host_envelope(Body::Message(message));
            station.send(to, envelope)
        })
    }

    /// Sends an exit signal from the host; [`ExitKind::Kill`] cannot be trapped.
    pub fn exit(&self, to: Address, reason: A::Reason, kind: ExitKind) {
        let from = Address { id: ActorId::HOST, slot: u32::MAX, generation: 0 };
        self.at_host(|station| {
            let envelope = station.host_envelope(Body::Exit { from, reason, kind });
            station.signal(to, envelope);
        });
    }

    /// Stops all cores at their next slice end and freezes virtual time. See [`Scheduler::is_quiet`].
    pub fn pause(&self) {
        self.close_gate(PAUSED);
    }

    /// Goes on after a pause; does nothing after a stop.
    pub fn resume(&self) {
        if self.gate.compare_exchange(PAUSED, OPEN, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.clock.resume();
            self.waker.wake_all();
        }
    }

    /// No slice starts any more. The actors stay, to be looked at.
    pub fn stop(&self) {
        self.close_gate(STOPPED);
    }

    /// Paused or stopped.
    pub fn is_closed(&self) -> bool {
        self.gate.load(Ordering::SeqCst) != OPEN
    }

    /// Paused or stopped, and the last slice is over. A core that looks in meanwhile makes it false for a moment; no slice
    /// runs all the same.
    pub fn is_quiet(&self) -> bool {
        // Sequentially consistent: pairs with `run`, which sets `busy` before it looks at the gate.
        self.is_closed() && self.seats.iter().all(|seat| !seat.busy.load(Ordering::SeqCst))
    }

    fn close_gate(&self, gate: u8) {
        self.gate.fetch_max(gate, Ordering::SeqCst);
        self.clock.pause();
    }

    /// Milliseconds of virtual time since the scheduler was made.
    pub fn now_ms(&self) -> f64 {
        self.clock.now_ms()
    }

    /// Slows the world to so many reductions a second over all actors, or lets it run freely.
    pub fn set_rate(&self, reductions_per_second: Option<u64>) {
        self.throttle.set_rate(reductions_per_second, self.clock.now_ms());
        self.waker.wake_all();
    }

    /// The actor still lives.
    pub fn is_live(&self, address: Address) -> bool {
        self.table.get(address.slot).is_some_and(|record| record.is_live(address.generation))
    }

    /// Runs `look` on an actor that is not running. `look` must not call the scheduler: the host's seat is taken.
    ///
    /// # Errors
    /// [`Unavailable`] if it runs or has ended.
    #[optimize(size)]
    pub fn with_actor<R>(&self, address: Address, look: impl FnOnce(&mut A) -> R) -> Result<R, Unavailable> {
        let record = self.table.get(address.slot).ok_or(Unavailable::Ended)?;
        if !record.is_live(address.generation) {
            return Err(Unavailable::Ended);
        }
        let entry = Entry { slot: address.slot, generation: address.generation };
        self.at_host(|station| {
            let ready = record.claim_by_host(false).ok_or(Unavailable::Running)?;
            // It may have ended, and another have moved in, before the claim.
            let same = record.generation() == address.generation;
            if !ready {
                bump(&station.seat.counters.made_ready, 1);
            }
            let result = same.then(|| look(&mut record.claimed().actor));
            station.release(record, Entry { generation: record.generation(), ..entry }, false);
            result.ok_or(Unavailable::Ended)
        })
    }

    /// Makes an actor run a slice although nothing has arrived for it.
    pub fn wake(&self, address: Address) {
        if let Some(record) = self.table.get(address.slot).filter(|record| record.is_live(address.generation))
        {
            self.at_host(|station| station.wake(record, address.slot, false));
        }
    }

    /// Runs `look` on an actor: at once if it is not running, else on its core at the end of the slice.
    #[optimize(size)]
    pub fn inspect(&self, address: Address, look: impl FnOnce(&mut A) + Send + 'static) -> Inspection {
        let mut look = Some(look);
        loop {
            match self.with_actor(address, |actor| look.take().map(|look| look(actor))) {
                Ok(_) => return Inspection::Done,
                Err(Unavailable::Ended) => return Inspection::Ended,
                Err(Unavailable::Running) => {}
            }
            // Under the lock, so that the core that attends finds the request.
            let mut requests = locked(&self.requests);
            let record = self.table.get(address.slot).expect("it was found above");
            if record.ask_attention()
                && record.generation() == address.generation
                && let Some(look) = look.take()
            {
                requests.push((address, Box::new(look)));
                return Inspection::Later;
            }
        }
    }

    /// Runs one slice of an actor on the calling thread, while the world is paused: the debugger's step.
    ///
    /// # Errors
    /// [`Unavailable::Running`] also if the world is not paused.
    #[optimize(size)]
    pub fn run_one(&self, address: Address) -> Result<Step<()>, Unavailable> {
        let record = self.table.get(address.slot).ok_or(Unavailable::Ended)?;
        if !record.is_live(address.generation) {
            return Err(Unavailable::Ended);
        }
        // Not `is_quiet`: a core that looks at the closed gate is busy for that moment; the claim keeps slices out.
        if !self.is_closed() {
            return Err(Unavailable::Running);
        }
        let entry = Entry { slot: address.slot, generation: address.generation };
        self.at_host(|station| {
            let ready = record.claim_by_host(true).ok_or(Unavailable::Running)?;
            if !ready {
                bump(&station.seat.counters.made_ready, 1);
            }
            Ok(match station.slice(record, entry, u64::MAX).1 {
                SliceEnd::Yielded => Step::Yield,
                SliceEnd::Waiting => Step::Wait,
                SliceEnd::Ended => Step::Done(()),
            })
        })
    }

    /// Runs a world without a pool on the calling thread until nothing is left to do now, in an order that only the
    /// program decides.
    pub fn run_until_idle(&self) -> Activity {
        while self.run(CoreIndex(0)) == Progress::Ran {}
        self.activity()
    }

    /// What the world is doing. Paused worlds are judged by what they would do.
    #[optimize(size)]
    pub fn activity(&self) -> Activity {
        // The order of the three sums matters: see the invariants of `statistics` and of `Seat::armed`.
        let idle = self.sum(|seat| read(&seat.counters.made_idle));
        let armed = self.sum(|seat| seat.armed.load(Ordering::Acquire));
        let ready = self.sum(|seat| read(&seat.counters.made_ready));
        if ready != idle {
            return Activity::Running;
        }
        if self.alive.load(Ordering::Acquire) == 0 {
            return Activity::Ended;
        }
        if armed == 0 {
            return Activity::Deadlock;
        }
        let due = |seat: &Seat<A>| f64::from_bits(seat.next_due_ms.load(Ordering::Relaxed));
        Activity::Waiting { due_ms: self.seats.iter().map(|seat| due(seat)).fold(f64::INFINITY, f64::min) }
    }

    fn sum(&self, figure: impl Fn(&Seat<A>) -> u64) -> u64 {
        self.seats.iter().map(|seat| figure(seat)).sum()
    }

    /// Sums over the world.
    #[optimize(size)]
    pub fn statistics(&self) -> Statistics {
        let idle = self.sum(|seat| read(&seat.counters.made_idle));
        Statistics {
            alive: self.alive.load(Ordering::Relaxed),
            ready: self.sum(|seat| read(&seat.counters.made_ready)).saturating_sub(idle),
            ended: self.sum(|seat| read(&seat.counters.ended)),
            messages: self.sum(|seat| read(&seat.counters.messages)),
            dead_letters: self.sum(|seat| read(&seat.counters.dead_letters)),
            slices: self.sum(|seat| read(&seat.counters.slices)),
            reductions: self.sum(|seat| read(&seat.counters.reductions)),
            timers: self.sum(|seat| seat.armed.load(Ordering::Relaxed)),
        }
    }

    /// One core's figures.
    pub fn core_statistics(&self, core: CoreIndex) -> CoreStatistics {
        let seat = &self.seats[core.0 as usize];
        CoreStatistics {
            queued: self.queues.queued(core),
            steals: self.queues.steals(core),
            slices: read(&seat.counters.slices),
            reductions: read(&seat.counters.reductions),
            busy_ms: locked(&seat.slices).busy_ms,
        }
    }

    /// Records every slice from now on, or stops doing so. Costs two clock readings a slice.
    pub fn record_slices(&self, on: bool) {
        self.recording.store(on, Ordering::Relaxed);
    }

    /// A core's slices since the last call, oldest first, at most 500, and how many more there were.
    pub fn take_slices(&self, core: CoreIndex) -> (Vec<SliceRow>, u64) {
        locked(&self.seats[core.0 as usize].slices).take()
    }

    /// Shows every live actor, without stopping any.
    pub fn for_each_actor(&self, mut show: impl FnMut(ActorView<'_, A>)) {
        for slot in 0..self.table.end() {
            if let Some(view) = self.view(slot) {
                show(view);
            }
        }
    }

    /// A live actor, without stopping it.
    #[optimize(size)]
    pub fn view(&self, slot: u32) -> Option<ActorView<'_, A>> {
        let record = self.table.get(slot)?;
        let phase = record.phase()?;
        let address = record.address(slot);
        let load = record.load();
        let view = ActorView {
            address,
            number: record.number(),
            phase,
            band: record.band(),
            mailbox_messages: load.messages(),
            mailbox_bytes: load.bytes(),
            reductions: record.reductions(),
            gauge: &record.gauge,
        };
        record.is_live(address.generation).then_some(view)
    }

    /// The actors that ended last, at most 1,000, by number.
    pub fn ended(&self) -> Vec<EndedActor<A>> {
        let rows = self.seats.iter().flat_map(|seat| locked(&seat.ended).iter().cloned().collect::<Vec<_>>());
        let mut rows: Vec<EndedActor<A>> = rows.collect();
        rows.sort_by_key(|row| row.number);
        rows
    }

    /// Registered names of live actors.
    pub fn names(&self) -> Vec<(Box<str>, Address)> {
        let mut names = self.names.all();
        names.retain(|(_, owner)| self.is_live(*owner));
        names
    }
}
