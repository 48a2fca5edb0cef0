//! Looking at a heap without changing it: its blocks and their objects, and the check of every invariant.

use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::mark::Phase;
use crate::value::Value;
use crate::words::WordSet;

/// Where an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Bump-allocated, emptied by every collection.
    Nursery,
    /// What has survived, but not often enough to be promoted.
    Survivors,
    /// What was promoted.
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

/// A stretch of words that can be walked.
pub(crate) struct Block {
    pub(crate) space: Space,
    pub(crate) start: *mut u64,
    pub(crate) used_words: usize,
    pub(crate) words: usize,
    /// If not, objects without a mark are garbage.
    pub(crate) is_swept: bool,
}

impl Heap {
    #[optimize(size)]
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some(nursery) = &self.nursery {
            let eden_words = (nursery.eden_end() as usize - nursery.eden_start() as usize) / 8;
            let (start, used_words) = (nursery.eden_start(), self.eden_used_words());
            blocks.push(Block {
                space: Space::Nursery,
                start,
                used_words,
                words: eden_words,
                is_swept: true,
            });
            let words = (nursery.words() - eden_words) / 2;
            let (start, used_words) = (nursery.survivors_start(), nursery.survivor_words());
            if words > 0 {
                blocks.push(Block { space: Space::Survivors, start, used_words, words, is_swept: true });
            }
        }
        blocks.extend(self.old.iter().flat_map(|old| &old.chunks).map(|old| Block {
            space: Space::Old,
            start: old.chunk.start(),
            used_words: old.chunk.words(),
            words: old.chunk.words(),
            is_swept: old.is_swept && self.phase() != Phase::Evacuating,
        }));
        blocks.extend(self.large.iter().map(|chunk| Block {
            space: Space::Large,
            start: chunk.start(),
            used_words: chunk.words(),
            words: chunk.words(),
            is_swept: true,
        }));
        blocks.extend(self.blob_blocks());
        blocks
    }

    /// Checks every object of every space: headers whole, sizes within the space, fields leading to objects of this heap
    /// or to shared ones, old-to-young references remembered. O(words).
    ///
    /// # Errors
    /// The first [`Invalid`] thing met.
    pub fn verify(&self) -> Result<(), Invalid> {
        let blocks = self.blocks();
        let mut objects = WordSet::default();
        for block in &blocks {
            let mut at = 0;
            while at < block.used_words {
                // SAFETY: `at` is inside the block; broken headers are what we look for, so only the word is read.
                let header = Header(unsafe { *block.start.add(at) });
                if !header.is_header() || header.is_of_program() || at + header.words() + 1 > block.used_words
                {
                    return Err(Invalid { what: "broken header", space: block.space, at });
                }
                if block.holds(header) {
                    // SAFETY: inside the block.
                    objects.insert(Value::reference(unsafe { block.start.add(at) }).bits());
                }
                at += header.words() + 1;
            }
        }
        let remembered: WordSet<(usize, u32)> =
            self.remembered.iter().map(|slot| (slot.object as usize, slot.index)).collect();
        let greys: WordSet<usize> = self.old.iter().flat_map(|old| old.marking.greys()).collect();
        let noted: WordSet<(usize, u32)> = self
            .old
            .iter()
            .flat_map(|old| old.evacuation.iter())
            .flat_map(|evacuation| evacuation.slots())
            .map(|slot| (slot.object as usize, slot.index))
            .collect();
        let young_large: WordSet<usize> =
            self.large[self.young_large..].iter().map(|chunk| chunk.start() as usize).collect();
        for block in &blocks {
            let mut error = None;
            each_object(block, |at, object| {
                let header = object.header();
                if header.tag().is_raw() || !block.holds(header) {
                    return;
                }
                for (index, field) in object.fields().iter().enumerate() {
                    if !field.is_reference() || objects.contains(&field.bits()) {
                        let young = field.is_reference() && self.is_young(field.address());
                        let known = matches!(block.space, Space::Nursery | Space::Survivors)
                            || self.must_copy
                            || remembered.contains(&(object.address() as usize, index as u32))
                            || young_large.contains(&(object.address() as usize));
                        // Young large objects are scanned again when the nursery is.
                        let is_black = self.phase() == Phase::Marking
                            && !self.must_copy
                            && header.is_marked()
                            && !greys.contains(&(object.address() as usize))
                            && !young_large.contains(&(object.address() as usize));
                        if is_black
                            && field.is_reference()
                            && !young
                            && !field.header().is_marked()
                            && !field.header().is_shared()
                            && !greys.contains(&(field.address() as usize))
                        {
                            let what = "black object that refers to a white one";
                            error = Some(Invalid { what, space: block.space, at });
                        }
                        let unnoted =
                            self.old.as_ref().and_then(|old| old.evacuation.as_ref()).is_some_and(|all| {
                                let has_been_scanned = is_black || self.phase() == Phase::Evacuating;
                                has_been_scanned
                                    && matches!(block.space, Space::Old | Space::Large)
                                    && field.is_reference()
                                    && all.is_leaving(field.address())
                                    && !noted.contains(&(object.address() as usize, index as u32))
                                    && !young_large.contains(&(object.address() as usize))
                            });
                        if unnoted && !self.must_copy {
                            let what = "reference into a chunk to be emptied that was not noted";
                            error = Some(Invalid { what, space: block.space, at });
                        }
                        if young && !known {
                            error = Some(Invalid {
                                what: "unremembered old-to-young reference",
                                space: block.space,
                                at,
                            });
                        }
                    } else if field.header().is_blob() {
                        let what = "reference to a blob that the heap does not hold";
                        error = Some(Invalid { what, space: block.space, at });
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

impl Block {
    /// Is it a blob, outside of the heap?
    pub(crate) fn is_blob(&self) -> bool {
        // SAFETY: blocks begin with a header, if they hold anything.
        self.used_words > 0 && Header(unsafe { *self.start }).is_blob()
    }

    /// Does a header in it belong to an object, rather than to a free block or to what waits to be swept?
    pub(crate) fn holds(&self, header: Header) -> bool {
        !header.is(ObjectTag::Free) && (self.is_swept || header.is_marked())
    }
}

/// Calls `visit` with the word offset and the reference of every object and free block in `block`.
pub(crate) fn each_object(block: &Block, mut visit: impl FnMut(usize, Value)) {
    let mut at = 0;
    while at < block.used_words {
        // SAFETY: spaces can be walked (heap's invariant 1).
        let object = Value::reference(unsafe { block.start.add(at) });
        visit(at, object);
        at += object.words() + 1;
    }
}
