//! The journal: what a run's actors learned from outside their own program. Program plus journal is the run.
//!
//! Each actor notes its entries in the order in which it made them; its own reduction count says when. Entries go to the
//! ring of the core that runs the actor in batches, so that noting costs no lock.
//!
//! 1. A drain is noted with every envelope that it took, as (sender, sequence), when it took none too.
//! 2. Entries of one actor lie in its rings in their order: batches carry the index of their first entry.
//! 3. The rings together keep at most the number of words they were made with; the oldest batches go first and are
//!    counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::HostReply;
use smallvec::SmallVec;

use crate::desk::Reply;

/// Words of entries that all rings of one world keep together, if nothing else is asked for.
pub const JOURNAL_WORDS_MAX: usize = 1 << 20;
/// Entries that an actor holds before it hands them on.
pub const BATCH_ENTRIES: usize = 64;

/// An envelope as a drain saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Identity of the sender.
    pub sender: u128,
    /// The sender's sequence number.
    pub sequence: u64,
    /// For timeouts: the token, since a replay arms no timers.
    pub timeout: Option<u64>,
}

/// The envelopes of one drain; most take one.
pub type TakenList = SmallVec<[Taken; 1]>;

/// One thing that an actor learned.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// It drained its inbox.
    Drain {
        /// Its reductions then.
        reductions: u64,
        /// At the end of a slice, for signals, rather than in a `receive`.
        at_slice_end: bool,
        /// What it took.
        taken: TakenList,
    },
    /// It read the clock: bits of the milliseconds.
    Clock(u64),
    /// It asked something that has a yes or no for an answer.
    Answer(bool),
    /// It asked for an actor: identity, slot and generation are found anew in a replay.
    Found(Option<u128>),
    /// The send with this sequence number was refused by a mailbox limit.
    SendRefused {
        /// The sender's sequence number.
        sequence: u64,
        /// By the limit on bytes, rather than on messages.
        by_bytes: bool,
    },
    /// The spawn with this number was refused by a limit.
    SpawnRefused {
        /// How many spawns the actor had tried before.
        attempt: u64,
    },
    /// It asked the host for something that may take long: where it waits, whatever comes first.
    Asked,
    /// The host answered.
    Reply(Reply),
    /// As many files were open for writing as may be.
    NoPlace,
    /// A person had it evaluate something.
    Question {
        /// Its reductions then.
        reductions: u64,
        /// The text.
        text: String,
        /// The frame of the program whose variables were meant.
        frame: Option<u32>,
    },
    /// What it was evaluating for a person was given up.
    GaveUp {
        /// Its reductions then.
        reductions: u64,
    },
    /// The run ended while it was alive, after so many reductions.
    Stopped {
        /// Its reductions then.
        reductions: u64,
    },
}

impl Entry {
    fn words(&self) -> usize {
        match self {
            Entry::Drain { taken, .. } => 2 + 3 * taken.len(),
            Entry::Reply(Reply::Host(Ok(HostReply::Bytes(bytes)))) => 4 + bytes.len() / 8,
            Entry::Reply(Reply::Texts(texts)) => {
                4 + texts.iter().map(|text| 4 + text.len() / 8).sum::<usize>()
            }
            Entry::Reply(_) => 8,
            Entry::Question { text, .. } => 4 + text.len() / 8,
            _ => 2,
        }
    }
}

/// Entries of one actor that follow each other.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Whose.
    pub actor: u128,
    /// Index of the first one among all that the actor noted.
    pub first: u64,
    /// The entries.
    pub entries: Vec<Entry>,
}

#[derive(Debug, Default)]
struct Ring {
    batches: VecDeque<Batch>,
    words: usize,
    kept: u64,
    dropped: u64,
}

/// The rings of one world.
#[derive(Debug)]
pub struct Journal {
    rings: Vec<Mutex<Ring>>,
    words_max: usize,
}

fn locked(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Rings for so many cores and the host, which keep `words_max` words together.
    pub fn new(cores: usize, words_max: usize) -> Journal {
        let rings = (0..=cores).map(|_| Mutex::default()).collect();
        Journal { rings, words_max: words_max / (cores + 1) }
    }

    /// Adds a batch to the ring of a core, or of the host.
    pub fn append(&self, core: Option<usize>, batch: Batch) {
        let ring = core.filter(|core| *core + 1 < self.rings.len()).unwrap_or(self.rings.len() - 1);
        let mut ring = locked(&self.rings[ring]);
        ring.words += batch.entries.iter().map(Entry::words).sum::<usize>();
        ring.kept += batch.entries.len() as u64;
        ring.batches.push_back(batch);
        while ring.words > self.words_max {
            let Some(oldest) = ring.batches.pop_front() else { break };
            ring.words -= oldest.entries.iter().map(Entry::words).sum::<usize>();
            ring.kept -= oldest.entries.len() as u64;
            ring.dropped += oldest.entries.len() as u64;
        }
    }

    /// Entries kept and entries let go.
    pub fn counts(&self) -> (u64, u64) {
        self.rings.iter().map(locked).fold((0, 0), |sum, ring| (sum.0 + ring.kept, sum.1 + ring.dropped))
    }

    /// Everything that was noted, by actor.
    ///
    /// # Errors
    /// How many entries the rings have let go, if any: such a run cannot be repeated from its start.
    #[optimize(size)]
    pub fn recording(&self) -> Result<Recording, u64> {
        let (_, dropped) = self.counts();
        if dropped > 0 {
            return Err(dropped);
        }
        let mut batches: BTreeMap<u128, Vec<Batch>> = BTreeMap::new();
        for ring in &self.rings {
            for batch in &locked(ring).batches {
                batches.entry(batch.actor).or_default().push(batch.clone());
            }
        }
        let actors = batches
            .into_iter()
            .map(|(actor, mut batches)| {
                batches.sort_by_key(|batch| batch.first);
                (actor, batches.into_iter().flat_map(|batch| batch.entries).collect())
            })
            .collect();
        Ok(Recording { actors })
    }
}

/// A whole run's journal, ready to be replayed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// Entries by actor, in order.
    pub actors: BTreeMap<u128, VecDeque<Entry>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(actor: u128, first: u64, entries: usize) -> Batch {
        let entries = (0..entries).map(|index| Entry::Clock(first + index as u64)).collect();
        Batch { actor, first, entries }
    }

    #[test]
    fn a_recording_orders_batches_of_one_actor_over_all_cores() {
        let journal = Journal::new(2, JOURNAL_WORDS_MAX);
        journal.append(Some(1), batch(7, 2, 2));
        journal.append(Some(0), batch(7, 0, 2));
        journal.append(None, batch(9, 0, 1));
        let recording = journal.recording().expect("nothing was let go");
        let clocks: Vec<Entry> = (0..4).map(Entry::Clock).collect();
        assert_eq!(recording.actors[&7], clocks);
        assert_eq!(recording.actors[&9].len(), 1);
    }

    #[test]
    fn a_full_ring_lets_the_oldest_go_and_says_so() {
        let journal = Journal::new(1, JOURNAL_WORDS_MAX);
        for first in 0..(JOURNAL_WORDS_MAX as u64) {
            journal.append(Some(0), batch(7, first, 1));
        }
        let (kept, dropped) = journal.counts();
        assert!(kept <= (JOURNAL_WORDS_MAX / 4) as u64 && dropped > 0);
        assert_eq!(kept + dropped, JOURNAL_WORDS_MAX as u64);
        assert_eq!(journal.recording(), Err(dropped));
    }
}
