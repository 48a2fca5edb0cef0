//! Work on cores: the loops that hold the machine's cores, the run queues that feed them, timers and virtual time.
//!
//! 1. Nothing here makes a thread or reads a clock: the host hands in both ([`Clock`], [`Pool::start`]), so the crate
//!    is the same natively, on browser workers, and in a single cooperative loop.
//! 2. A core loop knows nothing of what it runs: a world is one [`Work`], attached and detached while the loops live.
//! 3. A core sleeps only when every attached work is idle, and no wake-up is lost (the protocol is in [`pool`]).
#![forbid(unsafe_code)]

mod clock;
pub mod pool;
mod queues;
mod timers;

pub use clock::{Clock, VirtualClock};
pub use pool::{CoreIndex, Pool, Progress, Waker, Work, WorkId};
pub use queues::{Band, OwnQueues, RunQueues};
pub use timers::{TimerKey, TimerQueue};
