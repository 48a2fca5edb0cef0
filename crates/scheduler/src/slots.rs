//! The slot table: records by number, found without a lock and never moved or freed while the scheduler lives.
//!
//! 1. A slot is in use, in one core's list of free slots, in the shared list, or has never been handed out.
//! 2. Segments are made when their first slot is handed out; a slot that was handed out has its record.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Actor;
use crate::record::Record;

/// Records in a segment: small, because a short-lived world fills only one.
const LEAF_BITS: u32 = 6;
/// Segments in a branch.
const BRANCH_BITS: u32 = 9;
/// Branches.
const ROOT_BITS: u32 = 8;
/// Slots that the table can have.
const SLOTS_MAX: u64 = 1 << (LEAF_BITS + BRANCH_BITS + ROOT_BITS);
/// Slots handed to a core at a time.
const BATCH: usize = 32;

type Segment<A> = Box<[Record<A>]>;
type Branch<A> = Box<[OnceLock<Segment<A>>]>;

pub(crate) struct SlotTable<A: Actor> {
    branches: Box<[OnceLock<Branch<A>>]>,
    /// Slots from here on have never been handed out.
    fresh: AtomicU32,
    free: Mutex<Vec<u32>>,
}

impl<A: Actor> SlotTable<A> {
    pub(crate) fn new() -> SlotTable<A> {
        let branches = (0..1 << ROOT_BITS).map(|_| OnceLock::new()).collect();
        SlotTable { branches, fresh: AtomicU32::new(0), free: Mutex::new(Vec::new()) }
    }

    /// The record of a slot; `None` if the slot was never handed out.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&Record<A>> {
        let branch = self.branches.get((slot >> (LEAF_BITS + BRANCH_BITS)) as usize)?.get()?;
        let segment = branch[(slot >> LEAF_BITS) as usize % (1 << BRANCH_BITS)].get()?;
        Some(&segment[slot as usize % (1 << LEAF_BITS)])
    }

    /// Slots from 0 that may have been handed out.
    pub(crate) fn end(&self) -> u32 {
        self.fresh.load(Ordering::Acquire)
    }

    /// A free slot, through the core's own list. The caller has made sure that actors are bounded.
    pub(crate) fn take(&self, own: &mut Vec<u32>) -> u32 {
        match own.pop() {
            Some(slot) => slot,
            None => self.refill(own),
        }
    }

    /// Gives a slot back, through the core's own list.
    pub(crate) fn give(&self, own: &mut Vec<u32>, slot: u32) {
        own.push(slot);
        if own.len() >= 4 * BATCH {
            // The oldest go: the newest are warm.
            let surplus = own.drain(..2 * BATCH);
            self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(surplus);
        }
    }

    #[cold]
    fn refill(&self, own: &mut Vec<u32>) -> u32 {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.is_empty() {
            let first = self.fresh.load(Ordering::Relaxed);
            let end = first + BATCH as u32;
            assert!(u64::from(end) <= SLOTS_MAX, "more slots than the limit on actors allows");
            self.grow(first);
            own.extend((first..end).rev());
            // Under the lock, after the segment: a slot below `fresh` has its record.
            self.fresh.store(end, Ordering::Release);
        } else {
            let rest = free.len().saturating_sub(BATCH);
            own.extend(free.drain(rest..));
        }
        own.pop().expect("refilled")
    }

    fn grow(&self, slot: u32) {
        let branch = self.branches[(slot >> (LEAF_BITS + BRANCH_BITS)) as usize]
            .get_or_init(|| (0..1 << BRANCH_BITS).map(|_| OnceLock::new()).collect());
        branch[(slot >> LEAF_BITS) as usize % (1 << BRANCH_BITS)]
            .get_or_init(|| (0..1 << LEAF_BITS).map(|_| Record::new()).collect());
    }
}

/// A batch of fresh slots lies in one segment.
const _: () = assert!((1_usize << LEAF_BITS).is_multiple_of(BATCH));
