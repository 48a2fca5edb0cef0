//! The world: programs, the actors that run them, and what people may ask about both.
//!
//! [`World`] is the façade: [`protocol::Command`]s in, [`protocol::Event`]s out. Inside, a [`run::Run`] is one program and its
//! actors on a scheduler; an [`actor::Performer`] is one actor: a machine of `vm` behind the scheduler's trait.
//!
//! 1. Commands never wait for an actor: they set something in motion, and what comes of it is told by `poll`.
//! 2. What an actor does is a function of its program and of what its journal holds ([`journal`]); everything else that it
//!    could notice goes through [`door`], where it is recorded and, in a replay, read back.
//! 3. Looking never changes what a program does: views read what actors publish, or look at actors that stand still.
#![forbid(unsafe_code)]

pub mod actor;
mod asking;
mod collector;
pub mod compile;
pub mod debugging;
pub mod desk;
pub mod door;
#[cfg(feature = "editing")]
pub mod editing;
pub mod evaluate;
mod failure;
pub mod heaps;
pub mod inspect;
pub mod journal;
mod lost;
mod measure;
pub mod observe;
mod paths;
pub mod picture;
pub mod profile;
pub mod repeat;
pub mod run;
mod sandbox;
pub mod stage;
mod world;

pub use collector::{named_collectors, stress_named};
pub use compile::{ASSEMBLY_SUFFIX, Compiler};
pub use desk::{Desk, Outside};
pub use journal::{Journal, Recording};
pub use measure::Measuring;
pub use run::{Drive, Run, RunEnd, RunOptions};
pub use scheme::passes::Passes;
pub use world::{Cores, Host, World, source_excerpt};
