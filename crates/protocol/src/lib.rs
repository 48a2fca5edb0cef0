//! What the interface and an engine say to each other: plain, versioned data. Commands go in; events and snapshots
//! come out. Nothing here knows how either side works.
//!
//! 1. [`VERSION`] goes up when a field changes meaning; both sides check it in [`Event::Ready`].
//! 2. A [`Command`] never waits for an answer; what it causes arrives as [`Event`]s. Requests that want one answer
//!    carry an id, and exactly one event with that id follows.
//! 3. Snapshots are complete for the moment they name and never refer to an earlier one, except for event lists
//!    (output, collections, slices), which carry what happened since the last snapshot and say what was dropped. Pictures of
//!    heaps are apart from them, and go on from each other.
#![forbid(unsafe_code)]

mod bytes;
mod collector;
mod command;
mod debugging;
mod editing;
mod error_context;
mod event;
mod files;
mod heap;
mod link;
mod metrics;
mod outside;
mod picture;
mod profile;
pub mod setting;
mod snapshot;
mod speedscope;

pub use collector::*;
pub use command::*;
pub use debugging::*;
pub use editing::*;
pub use error_context::*;
pub use event::*;
pub use files::*;
pub use heap::*;
pub use link::*;
pub use metrics::*;
pub use outside::*;
pub use picture::*;
pub use profile::*;
pub use snapshot::*;
pub use speedscope::*;

/// Version of the messages in this crate.
pub const VERSION: u32 = 1;
