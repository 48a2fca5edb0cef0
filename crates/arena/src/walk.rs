//! Looking at a heap without changing it: its blocks and their objects, and the check of every invariant.

use std::collections::HashSet;

use crate::heap::Heap;
use crate::value::Value;

/// Where an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Bump-allocated, emptied by every collection.
    Nursery,
    /// Survivors.
    Old,
    /// One chunk per object.
    Large,
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} in the {space:?} space at word {at}")]
pub struct Invalid {
    /// What is wrong.
    pub what: &'static str,
    /// Where.
    pub space: Space,
    /// Word offset in the space's chunk.
    pub at: usize,
}

/// A stretch of memory that holds objects from its start on.
pub(crate) struct Block {
    pub(crate) space: Space,
    pub(crate) start: *mut u64,
    pub(crate) used_words: usize,
    pub(crate) words: usize,
}

impl Heap {
    /// All of the heap, in no order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let nursery = self.nursery.iter().map(|chunk| Block {
            space: Space::Nursery,
            start: chunk.start(),
            used_words: self.nursery_used_words(),
            words: chunk.words(),
        });
        let old = self.old.iter().map(|old| Block {
            space: Space::Old,
            start: old.chunk.start(),
            used_words: (old.top as usize - old.chunk.start() as usize) / 8,
            words: old.chunk.words(),
        });
        let large = self.large.iter().map(|chunk| Block {
            space: Space::Large,
            start: chunk.start(),
            used_words: chunk.words(),
            words: chunk.words(),
        });
        nursery.chain(old).chain(large).collect()
    }

    /// Checks every object of every space: headers whole, sizes within the space, fields leading to objects of this heap
    /// or to shared ones, old-to-young references remembered. O(words).
    ///
    /// # Errors
    /// The first [`Invalid`] thing met.
    pub fn verify(&self) -> Result<(), Invalid> {
        let blocks = self.blocks();
        let mut objects = HashSet::new();
        for block in &blocks {
            let mut at = 0;
            while at < block.used_words {
                // SAFETY: `at` is inside the block; broken headers are what we look for, so only the word is read.
                let header = crate::header::Header(unsafe { *block.start.add(at) });
                if !header.is_header() || header.is_shared() || at + header.words() + 1 > block.used_words {
                    return Err(Invalid { what: "broken header", space: block.space, at });
                }
                // SAFETY: inside the block.
                objects.insert(Value::reference(unsafe { block.start.add(at) }).bits());
                at += header.words() + 1;
            }
        }
        let remembered: HashSet<usize> = self.remembered.iter().map(|slot| *slot as usize).collect();
        let young_large: HashSet<usize> =
            self.large[self.young_large..].iter().map(|chunk| chunk.start() as usize).collect();
        for block in &blocks {
            let mut error = None;
            each_object(block, |at, object| {
                if object.header().tag().is_raw() {
                    return;
                }
                for (index, field) in object.fields().iter().enumerate() {
                    if !field.is_reference() || objects.contains(&field.bits()) {
                        let young = field.is_reference() && self.is_young(field.address());
                        let slot = object.address() as usize + 8 * (1 + index);
                        let known = block.space == Space::Nursery
                            || remembered.contains(&slot)
                            || young_large.contains(&(object.address() as usize));
                        if young && !known {
                            error = Some(Invalid {
                                what: "unremembered old-to-young reference",
                                space: block.space,
                                at,
                            });
                        }
                    } else if !field.header().is_shared() {
                        error = Some(Invalid { what: "reference to no object", space: block.space, at });
                    }
                }
            });
            if let Some(error) = error {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Calls `visit` with the word offset and the reference of every object in `block`.
pub(crate) fn each_object(block: &Block, mut visit: impl FnMut(usize, Value)) {
    let mut at = 0;
    while at < block.used_words {
        // SAFETY: spaces can be walked (heap's invariant 1).
        let object = Value::reference(unsafe { block.start.add(at) });
        visit(at, object);
        at += object.words() + 1;
    }
}
