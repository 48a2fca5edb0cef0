//! What a scheduler is made with.

use std::sync::Arc;

use executor::{Clock, Waker};

/// Bounds that act at the send and at the spawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages in one mailbox, delivered but not consumed ones included. At most 2^22.
    pub mailbox_messages_max: u64,
    /// Bytes of messages in one mailbox. At most 2^38.
    pub mailbox_bytes_max: u64,
    /// Actors alive at a time. At most 2^22.
    pub actors_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { mailbox_messages_max: 1 << 20, mailbox_bytes_max: 128 << 20, actors_max: 1 << 18 }
    }
}

impl Limits {
    /// What the packed counters and the slot table can hold.
    pub(crate) fn clamped(self) -> Limits {
        Limits {
            mailbox_messages_max: self.mailbox_messages_max.min(1 << 22),
            mailbox_bytes_max: self.mailbox_bytes_max.min(1 << 38),
            actors_max: self.actors_max.min(1 << 22),
        }
    }
}

/// Something that the host may want to look at. Called on a core between slices: returns at once, takes no lock that
/// is held while calling the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The main actor has ended.
    MainEnded,
    /// A core has run out of work: [`crate::Scheduler::activity`] may have changed.
    CoreIdle,
}

/// What a scheduler is made with.
pub struct Config {
    /// Cores that run it, 1 to 64.
    pub cores: usize,
    /// Bounds.
    pub limits: Limits,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Wakes the pool's cores; [`Waker::none`] in a single loop.
    pub waker: Waker,
    /// Told about [`Notice`]s.
    pub notify: Box<dyn Fn(Notice) + Send + Sync>,
}
