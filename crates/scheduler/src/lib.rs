//! Actors on cores: who runs when, what reaches whom, and how an end is told.
//!
//! Generic over [`Actor`], so that it knows neither the language nor the interpreter. A [`Scheduler`] is one world; it
//! is an [`executor::Work`] that a pool's cores run.
//!
//! 1. An actor is touched only by whoever claimed its record (a core for one slice, or the host), so no lock is taken
//!    to run it.
//! 2. What an actor can observe (ids, monitor ids, sequence numbers) is a function of its own history: the order in
//!    which it drained what, and never of cores, slots or time slices.
//! 3. An actor sees its inbox only by [`Context::drain`]; links, monitors and exits act there and nowhere else.
//! 4. A record's memory lives as long as its scheduler; slots are told apart by generation, so a stale
//!    [`Address`] never reaches a later actor.
//! 5. Messages are bounded by [`Limits`] at the send. Signals (exits, downs, links) and timeouts always arrive.

mod actor;
mod config;
mod context;
mod control;
mod drain;
mod end;
mod identity;
mod inbox;
mod names;
mod record;
mod scheduler;
mod slots;
mod spawn;
mod station;
mod statistics;
mod throttle;

pub use actor::{
    Actor, Body, Cause, Delivery, Drained, Envelope, ExitKind, SendOutcome, SpawnError, SpawnOptions, Step,
};
pub use config::{Config, Limits, Notice};
pub use context::Context;
pub use control::{Activity, Inspection, Unavailable};
pub use executor::Band;
pub use identity::{ActorId, Address, MonitorId};
pub use names::NameTaken;
pub use scheduler::Scheduler;
pub use statistics::{ActorView, CoreStatistics, EndedActor, Phase, SliceRow, Statistics};
