//! Figures of a heap, as plain data: what is in it, by space, by type and by age, and how it lives.
//!
//! 1. Counting walks the heap and changes nothing. Garbage that no collection has found yet is counted as in use.

use crate::header::ObjectTag;
use crate::heap::Heap;
use crate::mark::Phase;
use crate::statistics::HeapTotals;
use crate::walk::{Space, each_object};

/// Objects, and the words that they take, headers counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects.
    pub objects: u64,
    /// Words.
    pub words: u64,
}

impl Tally {
    fn add(&mut self, words: usize) {
        self.objects += 1;
        self.words += words as u64;
    }
}

/// One space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceStatistics {
    /// Which.
    pub space: Space,
    /// What is in it.
    pub used: Tally,
    /// Words that it holds.
    pub capacity_words: u64,
    /// Chunks that it consists of.
    pub chunks: u64,
}

/// A heap's figures at one moment. Words are 64 bits on every target.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapStatistics {
    /// Words in use.
    pub used_words: u64,
    /// Words that are held and free.
    pub free_words: u64,
    /// Words that are held.
    pub capacity_words: u64,
    /// Words that may be held.
    pub limit_words: u64,
    /// Objects.
    pub objects: u64,
    /// Largest stretch of free words: the rest of the nursery, or a hole of the old space.
    pub largest_free_words: u64,
    /// Share of the old space that holds nothing, 0 to 1.
    pub fragmentation: f64,
    /// Nursery, survivors, old, large.
    pub by_space: Vec<SpaceStatistics>,
    /// Types that there are.
    pub by_tag: Vec<(ObjectTag, Tally)>,
    /// Collections survived: 0, 1, 2, and 3 or more.
    pub by_age: [Tally; 4],
    /// Blobs that the heap refers to. They lie outside of it and count once however many heaps do.
    pub blobs: Tally,
    /// Slots of old objects that are known to refer to young ones.
    pub remembered_slots: u64,
    /// What is going on in the old space.
    pub phase: Phase,
    /// Words allocated since the heap was made.
    pub allocated_words: u64,
    /// Words allocated since the last collection.
    pub allocated_since_words: u64,
    /// Sums over all collections.
    pub totals: HeapTotals,
}

impl HeapStatistics {
    /// Share of the words that collections of the nursery found which outlived them, 0 to 1.
    pub fn survival_rate(&self) -> f64 {
        rate(self.totals.words_moved, self.allocated_words - self.allocated_since_words)
    }

    /// Share of the allocated words that were promoted, 0 to 1.
    pub fn promotion_rate(&self) -> f64 {
        rate(self.totals.words_promoted, self.allocated_words - self.allocated_since_words)
    }
}

fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

impl Heap {
    /// The heap's figures. O(objects).
    #[optimize(size)]
    pub fn statistics(&self) -> HeapStatistics {
        let mut by_space = [Space::Nursery, Space::Survivors, Space::Old, Space::Large]
            .map(|space| SpaceStatistics { space, used: Tally::default(), capacity_words: 0, chunks: 0 });
        let mut by_tag = [Tally::default(); ObjectTag::ALL.len()];
        let mut by_age = [Tally::default(); 4];
        let mut objects = 0;
        let mut largest_free = self.old.as_ref().map_or(0, |old| old.largest_hole_words());
        for block in self.blocks().iter().filter(|block| !block.is_blob()) {
            let space = &mut by_space[block.space as usize];
            space.capacity_words += block.words as u64;
            space.chunks += 1;
            largest_free = largest_free.max(block.words - block.used_words);
            each_object(block, |_, object| {
                let header = object.header();
                if block.holds(header) {
                    let words = header.words() + 1;
                    objects += 1;
                    space.used.add(words);
                    by_tag[header.tag() as usize].add(words);
                    by_age[usize::from(header.age())].add(words);
                }
            });
        }
        let (used, capacity) = (self.used_words() as u64, self.capacity_words() as u64);
        HeapStatistics {
            used_words: used,
            free_words: capacity.saturating_sub(used),
            capacity_words: capacity,
            limit_words: self.words_max() as u64,
            objects,
            largest_free_words: largest_free as u64,
            fragmentation: self.fragmentation(),
            by_space: by_space.into(),
            by_tag: ObjectTag::ALL.into_iter().zip(by_tag).filter(|(_, tally)| tally.objects > 0).collect(),
            by_age,
            blobs: Tally { objects: self.blob_count() as u64, words: self.blob_words() as u64 },
            remembered_slots: self.remembered.len() as u64,
            phase: self.phase(),
            allocated_words: self.allocated_words(),
            allocated_since_words: self.eden_used_words() as u64,
            totals: self.totals(),
        }
    }
}
