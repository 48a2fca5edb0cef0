//! The nursery: bump allocation, and the survivors that are not old enough to be promoted.
//!
//! One chunk in three parts, `survivors | eden | survivors`, of which one survivor part is in use. A collection empties
//! eden and that part into the other, so that what it empties is one stretch of addresses.
//!
//! 1. Young objects are those in the chunk; nothing else lies in its range.
//! 2. Objects lie one after the other from the start of each part to its top.

use crate::budget::Chunk;
use crate::header::{Header, ObjectTag};

/// A survivor part takes one part in so many of the nursery; small nurseries have none.
const SURVIVOR_SHARE: usize = 8;
const SURVIVOR_NURSERY_WORDS_MIN: usize = 1 << 9;

#[derive(Debug)]
pub(crate) struct Nursery {
    chunk: Chunk,
    part_words: usize,
    /// The survivors are in the low part.
    is_low: bool,
    /// One past the last survivor.
    pub(crate) survivors_top: *mut u64,
}

impl Nursery {
    pub(crate) fn new(chunk: Chunk, has_survivors: bool) -> Nursery {
        let is_roomy = has_survivors && chunk.words() >= SURVIVOR_NURSERY_WORDS_MIN;
        let part_words = if is_roomy { chunk.words() / SURVIVOR_SHARE } else { 0 };
        let start = chunk.start();
        Nursery { chunk, part_words, is_low: true, survivors_top: start }
    }

    /// Words of a nursery whose eden holds `words`.
    pub(crate) fn words_for(words: usize) -> usize {
        let whole = words.next_power_of_two();
        let roomy = whole - 2 * (whole / SURVIVOR_SHARE) >= words || whole < SURVIVOR_NURSERY_WORDS_MIN;
        if roomy { whole } else { whole * 2 }
    }

    pub(crate) fn words(&self) -> usize {
        self.chunk.words()
    }

    pub(crate) fn start(&self) -> *mut u64 {
        self.chunk.start()
    }

    pub(crate) fn eden_start(&self) -> *mut u64 {
        // SAFETY: the parts lie inside the chunk.
        unsafe { self.chunk.start().add(self.part_words) }
    }

    pub(crate) fn eden_end(&self) -> *mut u64 {
        // SAFETY: as above.
        unsafe { self.chunk.end().sub(self.part_words) }
    }

    pub(crate) fn survivors_start(&self) -> *mut u64 {
        if self.is_low { self.chunk.start() } else { self.eden_end() }
    }

    pub(crate) fn survivor_words(&self) -> usize {
        (self.survivors_top as usize - self.survivors_start() as usize) / 8
    }

    /// The addresses that a collection empties: start and bytes.
    pub(crate) fn from(&self) -> (usize, usize) {
        let start = if self.is_low { self.chunk.start() } else { self.eden_start() } as usize;
        (start, (self.chunk.words() - self.part_words) * 8)
    }

    /// Where a collection copies survivors: start and end.
    pub(crate) fn to(&self) -> (*mut u64, *mut u64) {
        if self.is_low {
            (self.eden_end(), self.chunk.end())
        } else {
            (self.chunk.start(), self.eden_start())
        }
    }

    /// After a collection: the parts change places.
    pub(crate) fn flip(&mut self, survivors_top: *mut u64) {
        self.is_low = !self.is_low;
        self.survivors_top = survivors_top;
    }

    /// After everything was promoted.
    pub(crate) fn clear(&mut self) {
        self.survivors_top = self.survivors_start();
    }

    /// Covers what holds no object with free blocks, so that the whole chunk can be walked. Eden ends at `top`.
    pub(crate) fn tile(&self, top: *mut u64) {
        let (low_top, high_top) = if self.is_low {
            (self.survivors_top, self.eden_end())
        } else {
            (self.start(), self.survivors_top)
        };
        for (from, to) in [(low_top, self.eden_start()), (top, self.eden_end()), (high_top, self.chunk.end())]
        {
            let words = (to as usize - from as usize) / 8;
            if words > 0 {
                // SAFETY: inside the chunk, where nothing lives.
                unsafe { *from = Header::new(ObjectTag::Free, words - 1).0 };
            }
        }
    }

    pub(crate) fn into_chunk(self) -> Chunk {
        self.chunk
    }

    /// Fills what holds no survivors with words that are neither headers nor references.
    pub(crate) fn poison(&self) {
        let (start, bytes) = if self.is_low {
            (self.survivors_top, self.chunk.end() as usize - self.survivors_top as usize)
        } else {
            (self.chunk.start(), self.eden_end() as usize - self.chunk.start() as usize)
        };
        // SAFETY: inside the chunk; nothing lives there after a collection.
        unsafe { start.write_bytes(0xff, bytes / 8) };
    }
}
