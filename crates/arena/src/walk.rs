//! Looking at a heap without changing it: the map for views, and the check of every invariant.

use std::collections::HashSet;

use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::mark::Phase;
use crate::value::Value;

/// Most objects that a map marks as reached; beyond, all cells count as reached.
const REACHED_MAX: usize = 1 << 18;

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

/// One cell of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The type that takes most of it; `None` when it is free.
    pub tag: Option<ObjectTag>,
    /// Something in it is reachable from the roots.
    pub reached: bool,
    /// Share in use, of 255.
    pub fill: u8,
}

/// One space in address order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceMap {
    /// Which.
    pub space: Space,
    /// Words in a cell.
    pub words_per_cell: usize,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// A heap at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapMap {
    /// Nursery, survivors, old, large.
    pub spaces: Vec<SpaceMap>,
    /// Objects, garbage included.
    pub objects: u64,
    /// Type, objects, words (headers included).
    pub by_tag: Vec<(ObjectTag, u64, u64)>,
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
            is_swept: old.is_swept,
        }));
        blocks.extend(self.large.iter().map(|chunk| Block {
            space: Space::Large,
            start: chunk.start(),
            used_words: chunk.words(),
            words: chunk.words(),
            is_swept: true,
        }));
        blocks
    }

    /// Objects reachable from `roots`, as words of their references; `None` if there are too many to tell.
    fn reached(&self, roots: &[Value]) -> Option<HashSet<u64>> {
        let mut reached = HashSet::new();
        let mut open: Vec<Value> = roots.to_vec();
        while let Some(value) = open.pop() {
            if !value.is_reference() || value.header().is_shared() || !reached.insert(value.bits()) {
                continue;
            }
            if reached.len() > REACHED_MAX {
                return None;
            }
            if !value.header().tag().is_raw() {
                open.extend(value.fields().iter().filter(|field| field.is_reference()));
            }
        }
        Some(reached)
    }

    /// The map of the heap with at most about `cells_max` cells; `roots` tell what is reachable. Changes nothing.
    /// O(words).
    pub fn map(&self, cells_max: usize, roots: &[Value]) -> HeapMap {
        let reached = self.reached(roots);
        let blocks = self.blocks();
        let total: usize = blocks.iter().map(|block| block.words).sum();
        let words_per_cell = (total / cells_max.max(1)).next_power_of_two().max(4);
        let mut counts = [(0_u64, 0_u64); ObjectTag::ALL.len()];
        let mut spaces: Vec<SpaceMap> = [Space::Nursery, Space::Survivors, Space::Old, Space::Large]
            .map(|space| SpaceMap { space, words_per_cell, cells: Vec::new() })
            .into();
        for block in &blocks {
            let cells = &mut spaces[block.space as usize].cells;
            let first = cells.len();
            cells.resize(first + block.words.div_ceil(words_per_cell), Cell::default());
            let mut used = vec![0_usize; cells.len() - first];
            let mut most = vec![0_usize; cells.len() - first];
            each_object(block, |at, object| {
                let header = object.header();
                let words = header.words() + 1;
                if !block.holds(header) {
                    return;
                }
                let count = &mut counts[header.tag() as usize];
                *count = (count.0 + 1, count.1 + words as u64);
                let is_reached = reached.as_ref().is_none_or(|set| set.contains(&object.bits()));
                let mut position = at;
                while position < at + words {
                    let cell = position / words_per_cell;
                    let end = ((cell + 1) * words_per_cell).min(at + words);
                    used[cell] += end - position;
                    let entry = &mut cells[first + cell];
                    entry.reached |= is_reached;
                    if end - position > most[cell] {
                        most[cell] = end - position;
                        entry.tag = Some(header.tag());
                    }
                    position = end;
                }
            });
            for (cell, words) in used.iter().enumerate() {
                cells[first + cell].fill = (words * 255 / words_per_cell) as u8;
            }
        }
        let by_tag = ObjectTag::ALL
            .iter()
            .zip(counts)
            .filter(|(_, count)| count.0 > 0)
            .map(|(tag, (objects, words))| (*tag, objects, words))
            .collect();
        HeapMap { spaces, objects: counts.iter().map(|count| count.0).sum(), by_tag }
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
                let header = Header(unsafe { *block.start.add(at) });
                if !header.is_header() || header.is_shared() || at + header.words() + 1 > block.used_words {
                    return Err(Invalid { what: "broken header", space: block.space, at });
                }
                if block.holds(header) {
                    // SAFETY: inside the block.
                    objects.insert(Value::reference(unsafe { block.start.add(at) }).bits());
                }
                at += header.words() + 1;
            }
        }
        let remembered: HashSet<(usize, u32)> =
            self.remembered.iter().map(|slot| (slot.object as usize, slot.index)).collect();
        let greys: HashSet<usize> = self.old.iter().flat_map(|old| old.marking.greys()).collect();
        let young_large: HashSet<usize> =
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

impl Block {
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
