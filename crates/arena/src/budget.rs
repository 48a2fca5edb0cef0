//! Memory from the host, counted against the world's budget.
//!
//! 1. Every chunk that a heap holds was counted here when it was taken and is counted off when it is dropped.
//! 2. Chunks come from the pools of [`crate::pool`] and hold whatever was there: what they are made for writes a word
//!    before anyone reads it.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::HeapError;
use crate::pool;

/// Bytes that all actors of one world may hold together.
#[derive(Debug)]
pub struct Budget {
    used_bytes: AtomicU64,
    limit_bytes: u64,
}

impl Budget {
    /// A budget of `limit_bytes`.
    pub fn new(limit_bytes: u64) -> Arc<Budget> {
        Arc::new(Budget { used_bytes: AtomicU64::new(0), limit_bytes })
    }

    /// Bytes in use now.
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// The limit in bytes.
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// So many more bytes fit.
    pub fn has_room(&self, bytes: u64) -> bool {
        self.used_bytes().saturating_add(bytes) <= self.limit_bytes
    }

    /// The error of who did not fit.
    pub fn full(&self) -> HeapError {
        HeapError::WorldFull { used_bytes: self.used_bytes(), limit_bytes: self.limit_bytes }
    }

    /// Counts bytes that something outside the heaps takes, or `None` when they do not fit.
    pub fn hold(self: &Arc<Budget>, bytes: u64) -> Option<Holding> {
        self.take(bytes).then(|| Holding { bytes, budget: self.clone() })
    }

    fn take(&self, bytes: u64) -> bool {
        if self.used_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit_bytes {
            self.give_back(bytes);
            return false;
        }
        true
    }

    fn give_back(&self, bytes: u64) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Bytes that count against a budget for as long as this lives.
#[derive(Debug)]
pub struct Holding {
    bytes: u64,
    budget: Arc<Budget>,
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// A block of words, owned.
#[derive(Debug)]
pub(crate) struct Chunk {
    start: NonNull<u64>,
    words: usize,
    budget: Arc<Budget>,
}

// SAFETY: a chunk owns its memory exclusively, like a `Box<[u64]>`.
unsafe impl Send for Chunk {}

impl Chunk {
    /// A chunk of exactly `words` words, or `None` when the budget or the host has no more.
    pub(crate) fn new(words: usize, budget: &Arc<Budget>) -> Option<Chunk> {
        debug_assert!(words > 0);
        if !budget.take(words as u64 * 8) {
            return None;
        }
        Chunk::from_host(words, budget)
    }

    /// A chunk that may take the world over its budget: a collection under way has to finish.
    ///
    /// # Panics
    /// When the host has no memory left; the actor whose heap it was is lost.
    pub(crate) fn new_over_budget(words: usize, budget: &Arc<Budget>) -> Chunk {
        budget.used_bytes.fetch_add(words as u64 * 8, Ordering::Relaxed);
        Chunk::from_host(words, budget).expect("the host has no memory left for survivors of a collection")
    }

    /// The bytes are counted already; they are counted off again on failure.
    fn from_host(words: usize, budget: &Arc<Budget>) -> Option<Chunk> {
        match pool::take(words) {
            Some(start) => Some(Chunk { start, words, budget: budget.clone() }),
            None => {
                budget.give_back(words as u64 * 8);
                None
            }
        }
    }

    #[inline]
    pub(crate) fn start(&self) -> *mut u64 {
        self.start.as_ptr()
    }

    #[inline]
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    #[inline]
    pub(crate) fn end(&self) -> *mut u64 {
        // SAFETY: one past the end of the block is still in bounds of the allocation.
        unsafe { self.start.as_ptr().add(self.words) }
    }

    /// Fills the block with words that are neither headers nor references, so that whoever still looks is found out.
    pub(crate) fn poison(&self) {
        // SAFETY: the block has `words` words.
        unsafe { self.start.write_bytes(0xff, self.words) };
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if cfg!(any(debug_assertions, feature = "gc-stress")) {
            self.poison();
        }
        self.budget.give_back(self.words as u64 * 8);
        // SAFETY: the block came from the pool with as many words; nobody else has it.
        unsafe { pool::give_back(self.start, self.words) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_counts_chunks_and_refuses_beyond_its_limit() {
        let budget = Budget::new(1024);
        let first = Chunk::new(64, &budget).expect("512 of 1024 bytes");
        let second = Chunk::new(64, &budget).expect("1024 of 1024 bytes");
        assert!(Chunk::new(1, &budget).is_none());
        drop(first);
        assert_eq!(budget.used_bytes(), 512);
        drop(second);
        assert_eq!(budget.used_bytes(), 0);
    }
}
