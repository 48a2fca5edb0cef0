//! What an actor is to the scheduler, and the words they exchange.

use std::collections::VecDeque;

use executor::Band;

use crate::{ActorId, Address, Context, MonitorId};

/// A behaviour that the scheduler runs slice by slice.
pub trait Actor: Send + Sized + 'static {
    /// What actors send: a payload that belongs to nobody, already copied out of the sender's heap.
    type Message: Send;
    /// Why an actor ended.
    type Reason: Clone + Send;
    /// What is kept of an ended actor.
    type Epitaph: Clone + Send;
    /// Figures that the host may read at any moment, while the actor runs: atomics, kept beside the actor.
    type Gauge: Default + Send + Sync;

    /// Runs one slice: bounded, never blocking. Must bear being called while it waits and nothing has arrived.
    fn step(&mut self, context: &mut Context<'_, Self>) -> Step<Self::Reason>;

    /// What a message counts towards the receiver's mailbox limit; always the same for the same message.
    fn message_bytes(message: &Self::Message) -> usize;

    /// The reason for an end that the machine causes.
    fn reason(cause: Cause) -> Self::Reason;

    /// A normal end does not take linked actors along.
    fn is_normal(reason: &Self::Reason) -> bool;

    /// Writes all of the gauge: at birth and after each slice. Called on hot paths: a few relaxed stores.
    fn publish(&self, gauge: &Self::Gauge);

    /// What to remember when this actor has ended.
    fn epitaph(&self) -> Self::Epitaph;
}

/// How a slice ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<R> {
    /// Out of fuel: run again.
    Yield,
    /// Waits for something to arrive. If something has arrived since the last drain, it runs again.
    Wait,
    /// Ended, normally or not.
    Done(R),
}

/// Ends that the machine causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Linked to or monitored an actor that does not exist (any more).
    NoProcess,
    /// A kill signal, which nothing traps.
    Killed,
    /// A panic inside the slice; the text says which.
    Panicked(String),
}

/// Something on its way to an actor. `(sender, sequence)` names it within its receiver's history.
pub struct Envelope<A: Actor> {
    /// Who sent it. Timeouts, and answers about actors that do not exist, come from the receiver itself.
    pub sender: ActorId,
    /// The sender's number for people; 0 is the host.
    pub sender_number: u32,
    /// Position among everything that the sender sent.
    pub sequence: u64,
    /// What it is.
    pub body: Body<A>,
}

/// What an envelope holds.
pub enum Body<A: Actor> {
    /// A message of the program.
    Message(A::Message),
    /// An exit signal.
    Exit {
        /// Whose end, or whose wish.
        from: Address,
        /// Why.
        reason: A::Reason,
        /// Through a link, or asked for.
        kind: ExitKind,
    },
    /// A monitored actor has ended.
    Down {
        /// Which monitoring.
        monitor: MonitorId,
        /// Who ended.
        from: Address,
        /// Why.
        reason: A::Reason,
    },
    /// `from` has linked itself to `to`.
    Link {
        /// Who asks.
        from: Address,
        /// Whom it means.
        to: Address,
    },
    /// `from` has taken its link away.
    Unlink {
        /// Who asks.
        from: Address,
    },
    /// `from` wants to be told when `to` ends.
    Monitor {
        /// Who asks.
        from: Address,
        /// Whom it means.
        to: Address,
        /// Which monitoring.
        monitor: MonitorId,
    },
    /// The watcher does not want to be told any more.
    Demonitor {
        /// Which monitoring.
        monitor: MonitorId,
    },
    /// A timer of the receiver is due.
    Timeout {
        /// As given when it was armed.
        token: u64,
    },
}

/// How an exit signal came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// A linked actor ended.
    Link,
    /// Somebody asked for it; can be trapped.
    Request,
    /// Somebody asked for it; cannot be trapped.
    Kill,
}

/// What a drain hands to the actor, in order of arrival.
pub enum Delivery<A: Actor> {
    /// A message of the program. It counts towards the mailbox limit until [`Context::consumed`].
    Message {
        /// Who sent it.
        sender: ActorId,
        /// The sender's number for people.
        sender_number: u32,
        /// The sender's sequence number.
        sequence: u64,
        /// What it counts.
        bytes: usize,
        /// The payload.
        message: A::Message,
    },
    /// An exit signal, trapped.
    Exit {
        /// Whose end, or whose wish.
        from: Address,
        /// Why.
        reason: A::Reason,
    },
    /// A monitored actor has ended.
    Down {
        /// Which monitoring.
        monitor: MonitorId,
        /// Who ended.
        from: Address,
        /// Why.
        reason: A::Reason,
    },
    /// A timer is due that has not been cancelled.
    Timeout {
        /// As given when it was armed.
        token: u64,
    },
}

/// What a drain came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Drained<R> {
    /// So many deliveries were added.
    Delivered(usize),
    /// An exit signal ends this actor: it returns [`Step::Done`] with this reason.
    Exit(R),
}

/// What a send came to.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum SendOutcome<M> {
    /// On its way.
    Sent,
    /// The receiver has ended; the message is gone. Programs must not see the difference from `Sent`.
    NoProcess,
    /// The receiver's mailbox holds as many messages as it may.
    TooManyMessages {
        /// The limit.
        limit: u64,
        /// The message back.
        message: M,
    },
    /// The receiver's mailbox would hold more bytes than it may.
    TooManyBytes {
        /// The limit.
        limit: u64,
        /// The message back.
        message: M,
    },
}

/// How a new actor starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpawnOptions {
    /// Its band.
    pub band: Band,
    /// Link it to its creator.
    pub link: bool,
    /// Monitor it.
    pub monitor: bool,
}

/// Why an actor could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnError {
    /// As many actors live as may.
    TooManyActors {
        /// The limit.
        limit: u64,
    },
}

impl std::fmt::Display for SpawnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SpawnError::TooManyActors { limit } => write!(f, "too many actors: the limit is {limit}"),
        }
    }
}

impl std::error::Error for SpawnError {}

/// What a drain takes, before it acts: see [`Context::drain`].
pub(crate) type Arrivals<A> = VecDeque<Envelope<A>>;
