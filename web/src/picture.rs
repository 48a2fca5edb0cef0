//! Pictures of a heap as the page keeps them: shared, counted once, and looked up by place.
//!
//! 1. Two shots are equal when they are the same one: comparing cells would cost more than drawing them.

use std::ops::Deref;
use std::rc::Rc;

use protocol::{HEAP_SPACES, HeapCell, HeapPlace, OLD_SPACE, Picture};

use crate::format::OBJECT_TYPES;

/// Objects and their words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Objects, or free blocks.
    pub count: u64,
    /// Words, headers included.
    pub words: u64,
}

impl Amount {
    fn add(&mut self, words: u32) {
        self.count += 1;
        self.words += u64::from(words);
    }
}

/// One space in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpaceSummary {
    /// Chunks.
    pub chunks: u64,
    /// Words of them.
    pub words: u64,
    /// Objects.
    pub objects: Amount,
    /// Free blocks, and what was never used of the chunks.
    pub free: Amount,
    /// Longest stretch of free words.
    pub free_words_max: u64,
    /// Objects that are known to be garbage.
    pub garbage: Amount,
}

/// A picture in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By group of types, as in [`OBJECT_TYPES`].
    pub types: [Amount; OBJECT_TYPES.len()],
    /// By collections survived.
    pub ages: [Amount; 4],
    /// By colour of the marking.
    pub colours: [Amount; 4],
    /// By space.
    pub spaces: [SpaceSummary; HEAP_SPACES.len()],
}

impl Summary {
    fn of(picture: &Picture) -> Summary {
        let mut summary = Summary::default();
        let mut groups = [0; protocol::CELL_TYPES.len()];
        for (group, (_, kind)) in groups.iter_mut().zip(protocol::CELL_TYPES) {
            *group = OBJECT_TYPES.iter().position(|one| *one == kind).unwrap_or(OBJECT_TYPES.len() - 1);
        }
        for chunk in &picture.chunks {
            let space = &mut summary.spaces[usize::from(chunk.space)];
            space.chunks += 1;
            space.words += u64::from(chunk.words);
            let mut at = 0;
            for cell in &*chunk.cells {
                let words = cell.words(chunk.words - at);
                at += words;
                if cell.is_free() {
                    space.free.add(words);
                    space.free_words_max = space.free_words_max.max(u64::from(words));
                    continue;
                }
                space.objects.add(words);
                summary.types[groups[cell.type_index()]].add(words);
                summary.ages[cell.age()].add(words);
                summary.colours[cell.colour()].add(words);
                if cell.is_garbage() {
                    space.garbage.add(words);
                }
            }
            if at < chunk.words {
                space.free.add(chunk.words - at);
                space.free_words_max = space.free_words_max.max(u64::from(chunk.words - at));
            }
        }
        summary
    }

    /// All objects.
    pub fn objects(&self) -> Amount {
        self.spaces.iter().fold(Amount::default(), |sum, space| Amount {
            count: sum.count + space.objects.count,
            words: sum.words + space.objects.words,
        })
    }

    /// Something is being marked.
    pub fn is_marking(&self) -> bool {
        self.colours[1..].iter().any(|amount| amount.count > 0)
    }

    /// Share of the old space that is free, of one.
    pub fn old_free(&self) -> f64 {
        let old = &self.spaces[OLD_SPACE];
        old.free.words as f64 / old.words.max(1) as f64
    }
}

/// A picture, shared and counted.
#[derive(Clone, Debug)]
pub struct Shot(Rc<(Picture, Summary)>);

impl Shot {
    /// Counts a picture. O(cells).
    pub fn new(picture: &Picture) -> Shot {
        // Its cells are shared, not copied.
        Shot(Rc::new((picture.clone(), Summary::of(picture))))
    }

    /// In numbers.
    pub fn summary(&self) -> &Summary {
        &self.0.1
    }

    /// The object or free block at a word of a chunk. O(cells of the chunk).
    pub fn spot(&self, chunk: usize, word: u32) -> Option<Spot> {
        let found = self.chunks.get(chunk)?;
        let mut start = 0;
        for (index, &cell) in found.cells.iter().enumerate() {
            let words = cell.words(found.words - start);
            if word < start + words {
                return Some(Spot { chunk, index, start, words, cell });
            }
            start += words;
        }
        let words = found.words - start;
        (word < found.words).then_some(Spot {
            chunk,
            index: found.cells.len(),
            start,
            words,
            cell: HeapCell::default(),
        })
    }

    /// The object after or before `spot`, or the first or last one. Free space is passed over.
    pub fn neighbour(&self, spot: Option<Spot>, forward: bool) -> Option<Spot> {
        let mut spot = spot;
        loop {
            let next = match spot {
                None if forward => self.spot(0, 0),
                None => self.chunks.last().and_then(|last| self.spot(self.chunks.len() - 1, last.words - 1)),
                Some(at) if forward => {
                    let end = at.start + at.words;
                    if end < self.chunks[at.chunk].words {
                        self.spot(at.chunk, end)
                    } else {
                        self.spot(at.chunk + 1, 0)
                    }
                }
                Some(at) if at.start > 0 => self.spot(at.chunk, at.start - 1),
                Some(at) => at
                    .chunk
                    .checked_sub(1)
                    .and_then(|before| self.spot(before, self.chunks[before].words - 1)),
            };
            match next {
                Some(next) if next.cell.is_free() => spot = Some(next),
                found => return found,
            }
        }
    }

    /// What lies at a place, by the names of places that questions use.
    pub fn at_place(&self, place: HeapPlace) -> Option<Spot> {
        let is_it =
            |chunk: &protocol::PictureChunk| chunk.space == place.space && chunk.number == place.chunk;
        self.spot(self.chunks.iter().position(is_it)?, place.word)
    }

    /// The place of a spot.
    pub fn place(&self, spot: &Spot) -> Option<HeapPlace> {
        let chunk = self.chunks.get(spot.chunk)?;
        Some(HeapPlace { space: chunk.space, chunk: chunk.number, word: spot.start })
    }
}

impl Deref for Shot {
    type Target = Picture;

    fn deref(&self) -> &Picture {
        &self.0.0
    }
}

impl PartialEq for Shot {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// An object or free block of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Index of the chunk.
    pub chunk: usize,
    /// Index of the cell; one past the last for what was never used.
    pub index: usize,
    /// First word, in the chunk.
    pub start: u32,
    /// Words.
    pub words: u32,
    /// What it is.
    pub cell: HeapCell,
}

#[cfg(test)]
pub mod tests {
    use protocol::{ActorNumber, PictureChunk, PictureHead};

    use super::*;

    /// A cell of a type.
    pub fn cell(type_index: u32, words: u32) -> HeapCell {
        HeapCell(type_index | words << 11)
    }

    /// A picture of chunks: space, words, cells.
    pub fn picture(chunks: &[(u8, u32, Vec<HeapCell>)]) -> Picture {
        let head = PictureHead {
            actor: ActorNumber(1),
            epoch: 1,
            sequence: 0,
            used_words: 0,
            capacity_words: 0,
            collections: 0,
            at_ms: 0.0,
            portions: 1,
            longest_ms: 0.0,
        };
        let chunk = |(index, (space, words, cells)): (usize, &(u8, u32, Vec<HeapCell>))| PictureChunk {
            id: index as u32,
            space: *space,
            number: index as u32,
            words: *words,
            used_words: *words,
            cells: cells.as_slice().into(),
        };
        Picture { head, chunks: chunks.iter().enumerate().map(chunk).collect() }
    }

    #[test]
    fn spots_are_found_by_word_and_one_after_the_other() {
        let shot = Shot::new(&picture(&[
            (0, 8, vec![cell(1, 3)]),
            (2, 10, vec![cell(1, 3), cell(0, 2), cell(4, 5)]),
        ]));
        let first = shot.spot(0, 2).expect("a pair");
        assert_eq!((first.start, first.words, first.cell.name()), (0, 3, "pair"));
        assert!(shot.spot(0, 5).expect("the rest").cell.is_free());
        assert_eq!(shot.spot(0, 8), None);
        let mut names = Vec::new();
        let mut at = shot.neighbour(None, true);
        while let Some(spot) = at {
            names.push((spot.chunk, spot.start));
            at = shot.neighbour(Some(spot), true);
        }
        assert_eq!(names, [(0, 0), (1, 0), (1, 5)]);
        let last = shot.neighbour(None, false).expect("the string");
        assert_eq!(shot.neighbour(Some(last), false).map(|spot| spot.start), Some(0));
        let place = shot.place(&last).expect("it is there");
        assert_eq!(shot.at_place(place), Some(last));
    }

    #[test]
    fn everything_is_counted_once() {
        let shot = Shot::new(&picture(&[
            (0, 8, vec![cell(1, 3)]),
            (2, 10, vec![cell(1, 3), cell(0, 2), cell(4, 5)]),
        ]));
        let summary = shot.summary();
        assert_eq!(summary.objects(), Amount { count: 3, words: 11 });
        assert_eq!(summary.types[0], Amount { count: 2, words: 6 });
        assert_eq!(summary.spaces[0].free, Amount { count: 1, words: 5 });
        assert_eq!(summary.spaces[OLD_SPACE].free_words_max, 2);
        assert!((summary.old_free() - 0.2).abs() < 1e-9);
    }
}
