//! What an actor can do in its slice.

use std::sync::atomic::Ordering;

use executor::CoreIndex;

use crate::end::{ArmedTimer, Kin};
use crate::record::{Load, Record};
use crate::scheduler::{Alarm, locked};
use crate::station::Station;
use crate::statistics::bump;
use crate::{
    Actor, ActorId, Address, Band, Body, Envelope, ExitKind, MonitorId, NameTaken, SendOutcome, SpawnError,
    SpawnOptions,
};

/// The world as the running actor reaches it.
pub struct Context<'a, A: Actor> {
    pub(crate) station: Station<'a, A>,
    pub(crate) record: &'a Record<A>,
    pub(crate) kin: &'a mut Kin,
    pub(crate) charged: u64,
    pub(crate) allowance: u64,
}

impl<A: Actor> Context<'_, A> {
    /// This actor.
    pub fn address(&self) -> Address {
        self.kin.address
    }

    /// This actor's id.
    pub fn id(&self) -> ActorId {
        self.kin.address.id
    }

    /// This actor's number for people. Depends on the schedule: programs must not see it.
    pub fn number(&self) -> u32 {
        self.kin.number
    }

    /// The core that runs the slice; `None` if the host does.
    pub fn core(&self) -> Option<CoreIndex> {
        self.station.core
    }

    /// The figures that the host reads.
    pub fn gauge(&self) -> &A::Gauge {
        &self.record.gauge
    }

    /// Envelopes sent and timers armed so far: the sequence number of the next one.
    pub fn sequence(&self) -> u64 {
        self.kin.sequence
    }

    /// Takes a sequence number without sending anything: a replay of a send that was refused.
    pub fn skip_sequence(&mut self) {
        self.kin.sequence += 1;
    }

    /// Takes the creation numbers of a spawn without making anything: a replay of a spawn that was refused.
    pub fn skip_spawn(&mut self, options: SpawnOptions) {
        self.kin.creations += 1 + u64::from(options.monitor);
    }

    /// Puts envelopes that a drain has held back into the inbox again, for whoever finds them there.
    pub fn give_back(&mut self, envelopes: impl Iterator<Item = Envelope<A>>) {
        let me = self.kin.address;
        for envelope in envelopes {
            // The inbox is open as long as its actor runs.
            let _closed = self.station.post(me, envelope);
        }
    }

    /// Reductions that this slice may use; `u64::MAX` at full speed.
    pub fn allowance(&self) -> u64 {
        self.allowance
    }

    /// Says that the slice has used so many reductions.
    #[inline]
    pub fn charge(&mut self, reductions: u64) {
        self.charged += reductions;
    }

    /// Sends a message. Messages of one sender to one receiver arrive in order.
    #[inline]
    pub fn send(&mut self, to: Address, message: A::Message) -> SendOutcome<A::Message> {
        let envelope = self.kin.envelope(Body::Message(message));
        self.station.send(to, envelope)
    }

    /// Makes an actor; it runs some time after. The monitor is there if `options` asks for one.
    ///
    /// # Errors
    /// The actor back, if as many live as may.
    pub fn spawn(
        &mut self,
        actor: A,
        options: SpawnOptions,
    ) -> Result<(Address, Option<MonitorId>), (A, SpawnError)> {
        let parent = self.kin.address;
        let id = parent.id.child(self.kin.create());
        let monitor = options.monitor.then(|| parent.id.monitor(self.kin.create()));
        let address = self.station.spawn(id, actor, options.band, |child| {
            if options.link {
                child.ties().links.insert(parent.id, parent);
            }
            if let Some(monitor) = monitor {
                child.ties().watchers.insert(monitor, parent);
            }
        })?;
        if options.link {
            self.kin.ties().links.insert(address.id, address);
        }
        if let Some(monitor) = monitor {
            self.kin.ties().watching.insert(monitor, address);
        }
        Ok((address, monitor))
    }

    /// Links this actor and another: the end of one reaches the other as an exit signal.
    pub fn link(&mut self, to: Address) {
        let from = self.kin.address;
        if to != from && self.kin.ties().links.insert(to.id, to).is_none() {
            self.signal(to, Body::Link { from, to });
        }
    }

    /// Takes a link away. No exit through it arrives from now on.
    pub fn unlink(&mut self, to: Address) {
        let from = self.kin.address;
        if self.kin.ties_if_any().is_some_and(|ties| ties.links.remove(&to.id).is_some()) {
            self.signal(to, Body::Unlink { from });
        }
    }

    /// Asks to be told once when an actor ends; at once if it has ended.
    pub fn monitor(&mut self, to: Address) -> MonitorId {
        let from = self.kin.address;
        let monitor = from.id.monitor(self.kin.create());
        self.kin.ties().watching.insert(monitor, to);
        self.signal(to, Body::Monitor { from, to, monitor });
        monitor
    }

    /// Takes a monitor away. Nothing of it is delivered from now on. False if it was not there.
    pub fn demonitor(&mut self, monitor: MonitorId) -> bool {
        let to = self.kin.ties_if_any().and_then(|ties| ties.watching.remove(&monitor));
        if let Some(to) = to {
            self.signal(to, Body::Demonitor { monitor });
        }
        to.is_some()
    }

    /// Sends an exit signal: what it does is up to the receiver's trap and the reason.
    pub fn exit_signal(&mut self, to: Address, reason: A::Reason) {
        let from = self.kin.address;
        self.signal(to, Body::Exit { from, reason, kind: ExitKind::Request });
    }

    /// Ends an actor whether it traps exits or not.
    pub fn kill(&mut self, to: Address) {
        let from = self.kin.address;
        let reason = A::reason(crate::Cause::Killed);
        self.signal(to, Body::Exit { from, reason, kind: ExitKind::Kill });
    }

    /// Whether exit signals are delivered instead of ending this actor; gives the former setting.
    pub fn set_trap_exit(&mut self, trap: bool) -> bool {
        std::mem::replace(&mut self.kin.trap_exit, trap)
    }

    /// A signal has arrived since the last drain: worth a drain before the slice goes on. One relaxed load.
    #[inline]
    pub fn has_signals(&self) -> bool {
        self.record.has_signals()
    }

    /// Messages that were delivered have left the mailbox.
    #[inline]
    pub fn consumed(&mut self, messages: usize, bytes: usize) {
        let load = Load::of_messages(messages, bytes);
        self.kin.unconsumed.subtract(load);
        self.record.subtract_load(load);
    }

    /// Messages that wait for this actor, in the inbox or delivered and not consumed. Depends on the schedule.
    pub fn mailbox_messages(&self) -> u64 {
        self.record.load().messages()
    }

    /// Their bytes.
    pub fn mailbox_bytes(&self) -> u64 {
        self.record.load().bytes()
    }

    /// Arms a timer: after `ms` of virtual time a drain delivers a timeout with this token. Tokens of timers that are
    /// armed at the same time differ.
    pub fn arm_timer(&mut self, ms: f64, token: u64) {
        let kin = &mut *self.kin;
        let alarm = Alarm { to: kin.address, number: kin.number, sequence: kin.sequence, token };
        kin.sequence += 1;
        let scheduler = self.station.scheduler;
        let due_ms = scheduler.clock.now_ms() + ms.max(0.0);
        // The host has no turns, so what it arms goes to the first core.
        let seat = self.station.core.map_or(0, |core| core.0 as usize);
        let place = &scheduler.seats[seat];
        let mut timers = locked(&place.timers);
        let key = timers.arm(due_ms, alarm);
        place.armed.fetch_add(1, Ordering::Relaxed);
        place.publish_next_due(&timers);
        drop(timers);
        kin.ties().timers.push(ArmedTimer { token, seat, key });
    }

    /// Disarms a timer: its timeout is not delivered from now on. False if it was delivered or never armed.
    pub fn cancel_timer(&mut self, token: u64) -> bool {
        let Some(ties) = self.kin.ties_if_any() else { return false };
        let Some(position) = ties.timers.iter().position(|timer| timer.token == token) else { return false };
        let timer = ties.timers.swap_remove(position);
        self.station.disarm(timer);
        true
    }

    /// Milliseconds of virtual time since the run began.
    pub fn now_ms(&self) -> f64 {
        self.station.scheduler.clock.now_ms()
    }

    /// This actor's band.
    pub fn band(&self) -> Band {
        self.record.band()
    }

    /// Moves this actor to another band, from its next slice on.
    pub fn set_band(&mut self, band: Band) {
        self.record.set_band(band);
    }

    /// Gives a name to a live actor.
    ///
    /// # Errors
    /// [`NameTaken`] if another live actor has it.
    pub fn register(&mut self, name: &str, address: Address) -> Result<(), NameTaken> {
        let scheduler = self.station.scheduler;
        if let Some(record) = scheduler.table.get(address.slot) {
            record.named.store(true, Ordering::Relaxed);
        }
        scheduler.names.register(name, address, |owner| scheduler.is_live(owner))
    }

    /// The live actor that has this name. Depends on the schedule: worlds journal it.
    pub fn whereis(&self, name: &str) -> Option<Address> {
        let scheduler = self.station.scheduler;
        scheduler.names.find(name).filter(|&owner| scheduler.is_live(owner))
    }

    /// Takes a name away; false if nobody had it.
    pub fn unregister(&mut self, name: &str) -> bool {
        self.station.scheduler.names.remove(name)
    }

    fn signal(&mut self, to: Address, body: Body<A>) {
        let envelope = self.kin.envelope(body);
        self.station.signal(to, envelope);
    }
}

impl<A: Actor> Station<'_, A> {
    /// Sends a message if the receiver's mailbox has room.
    #[inline]
    pub(crate) fn send(&mut self, to: Address, envelope: crate::Envelope<A>) -> SendOutcome<A::Message> {
        let Body::Message(message) = &envelope.body else { unreachable!("signals have no limits") };
        let load = Load::of_message(A::message_bytes(message));
        let Some(record) =
            self.scheduler.table.get(to.slot).filter(|record| record.generation() == to.generation)
        else {
            bump(&self.seat.counters.dead_letters, 1);
            return SendOutcome::NoProcess;
        };
        let limits = &self.scheduler.limits;
        let before = record.add_load(load);
        if before.messages() >= limits.mailbox_messages_max
            || before.bytes() + load.bytes() > limits.mailbox_bytes_max
        {
            record.subtract_load(load);
            let Body::Message(message) = envelope.body else { unreachable!("checked above") };
            return if before.messages() >= limits.mailbox_messages_max {
                SendOutcome::TooManyMessages { limit: limits.mailbox_messages_max, message }
            } else {
                SendOutcome::TooManyBytes { limit: limits.mailbox_bytes_max, message }
            };
        }
        match self.post(to, envelope) {
            Ok(()) => {
                bump(&self.seat.counters.messages, 1);
                SendOutcome::Sent
            }
            Err(_dead) => {
                record.subtract_load(load);
                bump(&self.seat.counters.dead_letters, 1);
                SendOutcome::NoProcess
            }
        }
    }
}
