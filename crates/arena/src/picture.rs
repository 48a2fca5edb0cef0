//! Pictures of a heap: what lies where, a word for each object, read in portions while its actor goes on in between.
//!
//! 1. A portion reads whole chunks, so that each is the chunk of one moment; what it costs is bounded by the number of
//!    objects asked for and those of one chunk more.
//! 2. Chunks of one picture may be of different moments. One that was read before a major collection is read again, as
//!    long as the picture has portions left ([`PORTIONS_MAX`]), so that a heap that is collected all the time still gives
//!    pictures.
//! 3. A chunk that is the same as in the picture before is not read; nothing changes the shape of a heap but allocation,
//!    which moves a chunk's used words, and collections, which are counted; but while marking is under way every store may
//!    colour an object.
//! 4. Looking changes nothing.

use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::mark::Phase;
use crate::value::Value;
use crate::walk::{Block, Space, each_object};
use crate::words::{WordMap, WordSet};

/// Objects of a heap up to which a picture tells what is reachable: telling costs a walk from the roots.
const REACHED_MAX: usize = 1 << 11;
/// Words in use up to which it is worth a try.
const REACHED_WORDS_MAX: usize = 1 << 14;
/// Grey objects up to which they are told from black ones: more are too many to look up.
const GREYS_MAX: usize = 1 << 12;
/// Portions after which a picture is complete with what it has.
const PORTIONS_MAX: u32 = 1 << 12;

/// What a collection that is under way thinks of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Nothing is being marked.
    None,
    /// Not met.
    White,
    /// Met; what it refers to was not looked at.
    Grey,
    /// Met with all that it refers to.
    Black,
}

/// One object or free block, in one word:
///
/// | bits | meaning |
/// |---|---|
/// | 0–4 | 0 for a free block, else the tag's number plus one |
/// | 5–6 | age in collections survived |
/// | 7–8 | [`Colour`] |
/// | 9 | large |
/// | 10 | known to be garbage: it waits to be swept, or the heap is small enough to find out |
/// | 11–31 | words with the header, or [`PictureCell::WORDS_MAX`] for what is longer: a large object, alone in its chunk |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureCell(pub u32);

impl PictureCell {
    /// Longest length that a cell can hold.
    pub const WORDS_MAX: usize = (1 << 21) - 1;

    #[optimize(size)]
    fn of(header: Header, colour: Colour, garbage: bool) -> PictureCell {
        let words = (header.words() + 1).min(PictureCell::WORDS_MAX);
        if header.is(ObjectTag::Free) {
            return PictureCell((words as u32) << 11);
        }
        PictureCell(
            (header.tag() as u32 + 1)
                | u32::from(header.age()) << 5
                | (colour as u32) << 7
                | u32::from(header.is_large()) << 9
                | u32::from(garbage) << 10
                | (words as u32) << 11,
        )
    }
}

/// Which chunk: as long as it lives, no other one has this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(usize);

/// What is known of a chunk without looking into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHead {
    /// Which; in address order.
    pub id: ChunkId,
    /// Where it belongs.
    pub space: Space,
    /// Counted from 0 within its space, in the heap's own order.
    pub number: usize,
    /// Words of it.
    pub words: usize,
    /// Words from its start that hold objects or free blocks.
    pub used_words: usize,
}

/// What a portion read of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkPicture {
    /// Of the moment when it was read.
    pub head: ChunkHead,
    /// Its objects and free blocks, one after the other.
    pub cells: Vec<PictureCell>,
}

/// A part of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// Chunks that were read.
    pub chunks: Vec<ChunkPicture>,
    /// When the picture is complete: all chunks, by space and address. What was not read is as it was before.
    pub all: Option<Vec<ChunkHead>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    picture: u32,
    collections: u64,
    moves: u64,
    used_words: usize,
    /// Its cells told what is garbage, which changes without any collection.
    tells_garbage: bool,
}

/// Reads one heap again and again. See the module's invariants.
#[derive(Debug, Default)]
pub struct PictureReader {
    known: WordMap<ChunkId, Known>,
    picture: u32,
    portions: u32,
}

impl PictureReader {
    /// Reads the next portion of `heap`: chunks until `objects_max` objects are there. `roots` tell what is reachable, if the
    /// heap is small. O(objects in it, chunks of the heap).
    #[optimize(size)]
    pub fn portion(
        &mut self,
        heap: &Heap,
        objects_max: usize,
        roots: impl FnOnce() -> Vec<Value>,
    ) -> Portion {
        let blocks = heap.blocks();
        let mut numbers = [0; 4];
        let heads = blocks.iter().map(|block| {
            let number = &mut numbers[block.space as usize];
            *number += 1;
            head_of(block, *number - 1)
        });
        let heads: Vec<ChunkHead> = heads.collect();
        let collections = heap.totals().minor + heap.totals().major;
        let moves = heap.totals().major;
        let is_late = self.portions >= PORTIONS_MAX;
        self.portions += 1;
        let mut portion = Portion::default();
        let mut objects = 0;
        let reached = if self.portions == 1 && heap.used_words() <= REACHED_WORDS_MAX {
            reached(&roots())
        } else {
            None
        };
        let phase = heap.phase();
        let greys: WordSet<usize> = if phase == Phase::Marking {
            heap.old.iter().flat_map(|old| old.marking.greys()).take(GREYS_MAX).collect()
        } else {
            WordSet::default()
        };
        let sight = Sight { phase, greys, reached };
        let mut is_complete = true;
        for (block, &head) in blocks.iter().zip(&heads) {
            let known = self.known.get(&head.id).copied();
            let in_this = known.is_some_and(|known| known.picture == self.picture && known.moves == moves);
            let is_same = sight.reached.is_none()
                && phase != Phase::Marking
                && known.is_some_and(|known| {
                    known.collections == collections
                        && known.used_words == head.used_words
                        && !known.tells_garbage
                });
            if !in_this && !is_same {
                if objects >= objects_max || (is_late && known.is_some()) {
                    is_complete &= is_late;
                    continue;
                }
                let cells = sight.cells_of(block);
                objects += cells.len();
                portion.chunks.push(ChunkPicture { head, cells });
            }
            if !in_this {
                let known = Known {
                    picture: self.picture,
                    collections,
                    moves,
                    used_words: head.used_words,
                    tells_garbage: sight.reached.is_some(),
                };
                self.known.insert(head.id, known);
            }
        }
        if is_complete {
            let mut all = heads;
            all.sort_by_key(|head| (head.space as u8, head.id));
            let alive: WordSet<ChunkId> = all.iter().map(|head| head.id).collect();
            self.known.retain(|id, _| alive.contains(id));
            portion.all = Some(all);
            self.picture = self.picture.wrapping_add(1);
            self.portions = 0;
        }
        portion
    }
}

fn head_of(block: &Block, number: usize) -> ChunkHead {
    ChunkHead {
        number,
        id: ChunkId(block.start as usize),
        space: block.space,
        words: block.words,
        used_words: block.used_words,
    }
}

/// What a portion knows of the heap as a whole.
struct Sight {
    phase: Phase,
    greys: WordSet<usize>,
    reached: Option<WordSet<u64>>,
}

impl Sight {
    #[optimize(size)]
    fn cells_of(&self, block: &Block) -> Vec<PictureCell> {
        let mut cells = Vec::new();
        let has_colours = matches!(block.space, Space::Old | Space::Large)
            && match self.phase {
                Phase::Idle => false,
                Phase::Marking => true,
                Phase::Evacuating | Phase::Sweeping => !block.is_swept,
            };
        each_object(block, |_, object| {
            let header = object.header();
            let colour = match header.is_marked() {
                _ if !has_colours => Colour::None,
                // Whether the mark is set when an object is met or when it is looked into is the marker's affair.
                _ if self.greys.contains(&(object.address() as usize)) => Colour::Grey,
                false => Colour::White,
                true => Colour::Black,
            };
            let garbage = !block.holds(header)
                || self.reached.as_ref().is_some_and(|reached| !reached.contains(&object.bits()));
            cells.push(PictureCell::of(header, colour, garbage));
        });
        cells
    }
}

/// Objects reachable from `roots`, as words of their references; `None` if there are too many to tell.
#[optimize(size)]
fn reached(roots: &[Value]) -> Option<WordSet<u64>> {
    let mut reached = WordSet::default();
    let mut open: Vec<Value> = roots.to_vec();
    while let Some(value) = open.pop() {
        if !value.is_reference() || value.header().is_of_program() || !reached.insert(value.bits()) {
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
