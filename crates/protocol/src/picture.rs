//! Pictures of one actor's heap: every object and free block, chunk by chunk, as bytes.
//!
//! 1. A cell is one word of 32 bits, as `arena::PictureCell` makes it: bits 0–4 the index into [`CELL_TYPES`], 5–6 age,
//!    7–8 colour of the marking, 9 large, 10 known garbage, 11–31 length in words. A length of [`CELL_WORDS_MAX`] stands
//!    for all that is left of the chunk.
//! 2. A picture names all chunks of the heap, by space and address. It carries the cells of those that have changed since
//!    the picture before; the reader has the others from there.
//! 3. Numbers are little-endian. Reading checks every length before it takes memory: bytes that are no picture give an
//!    error with the place, and nothing else.

use std::sync::Arc;

use crate::{ActorNumber, ObjectType};

/// Largest length in a cell.
pub const CELL_WORDS_MAX: u32 = (1 << 21) - 1;
const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 61;
const CHUNK_BYTES: usize = 22;

/// Names of what cells are, and how views group them; 0 is a free block.
pub const CELL_TYPES: [(&str, ObjectType); 31] = [
    ("free", ObjectType::Other),
    ("pair", ObjectType::Pair),
    ("vector", ObjectType::Vector),
    ("bytevector", ObjectType::Bytes),
    ("string", ObjectType::Text),
    ("symbol", ObjectType::Text),
    ("procedure", ObjectType::Closure),
    ("box", ObjectType::Closure),
    ("record", ObjectType::Vector),
    ("record type", ObjectType::Vector),
    ("promise", ObjectType::Other),
    ("continuation", ObjectType::Continuation),
    ("stack segment", ObjectType::Continuation),
    ("parameter", ObjectType::Other),
    ("port", ObjectType::Other),
    ("multiple values", ObjectType::Vector),
    ("hash table", ObjectType::Table),
    ("integer", ObjectType::Number),
    ("rational", ObjectType::Number),
    ("flonum", ObjectType::Number),
    ("error object", ObjectType::Other),
    ("environment", ObjectType::Other),
    ("actor", ObjectType::Other),
    ("reference", ObjectType::Other),
    ("capability", ObjectType::Other),
    ("reserved", ObjectType::Other),
    ("procedure", ObjectType::Closure),
    ("free block", ObjectType::Other),
    ("weak reference", ObjectType::Other),
    ("ephemeron", ObjectType::Other),
    ("guardian", ObjectType::Other),
];

/// Number of the old space.
pub const OLD_SPACE: usize = 2;

/// Names of the spaces, by number.
pub const HEAP_SPACES: [&str; 4] = ["nursery", "survivors", "old", "large"];

/// One object or free block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapCell(pub u32);

impl HeapCell {
    /// Index into [`CELL_TYPES`]; 0 is a free block.
    pub fn type_index(self) -> usize {
        ((self.0 & 31) as usize).min(CELL_TYPES.len() - 1)
    }

    /// Nothing lives there.
    pub fn is_free(self) -> bool {
        self.0 & 31 == 0
    }

    /// Name of the type.
    pub fn name(self) -> &'static str {
        CELL_TYPES[self.type_index()].0
    }

    /// How views group it.
    pub fn group(self) -> ObjectType {
        CELL_TYPES[self.type_index()].1
    }

    /// Collections survived, at most 3.
    pub fn age(self) -> usize {
        (self.0 >> 5 & 3) as usize
    }

    /// What the marking thinks of it: 0 nothing, 1 white, 2 grey, 3 black.
    pub fn colour(self) -> usize {
        (self.0 >> 7 & 3) as usize
    }

    /// In the space of large objects.
    pub fn is_large(self) -> bool {
        self.0 >> 9 & 1 == 1
    }

    /// Known to be unreachable.
    pub fn is_garbage(self) -> bool {
        self.0 >> 10 & 1 == 1
    }

    /// Words of it, header included, in a chunk that has `left` words from its start on.
    pub fn words(self, left: u32) -> u32 {
        let words = self.0 >> 11;
        if words >= CELL_WORDS_MAX { left } else { words.min(left) }
    }
}

/// A chunk of a heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureChunk {
    /// Which; never another one's within an `epoch`.
    pub id: u32,
    /// Index into [`HEAP_SPACES`].
    pub space: u8,
    /// Counted from 0 within its space; [`crate::HeapPlace`] names it so.
    pub number: u32,
    /// Words of it.
    pub words: u32,
    /// Words from its start that were ever used.
    pub used_words: u32,
    /// Its objects and free blocks, one after the other from its start.
    pub cells: Arc<[HeapCell]>,
}

/// What a picture says of the heap as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureHead {
    /// Whose heap.
    pub actor: ActorNumber,
    /// Pictures of one epoch go on from each other.
    pub epoch: u32,
    /// Counts the pictures of an epoch, from 0.
    pub sequence: u32,
    /// Words in use.
    pub used_words: u64,
    /// Words held.
    pub capacity_words: u64,
    /// Collections of this heap so far.
    pub collections: u64,
    /// When it was complete, ms of real time since the run began.
    pub at_ms: f64,
    /// Portions that it was read in.
    pub portions: u32,
    /// Longest time that the actor stood still for one, ms.
    pub longest_ms: f64,
}

/// A picture of a heap.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The heap as a whole.
    pub head: PictureHead,
    /// All chunks, by space and address.
    pub chunks: Vec<PictureChunk>,
}

/// Bytes that are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureError {
    /// What is wrong.
    pub what: &'static str,
    /// At which byte.
    pub at: usize,
}

impl std::fmt::Display for PictureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for PictureError {}

/// Writes a picture.
pub struct PictureWriter {
    bytes: Vec<u8>,
    chunks: u32,
}

impl PictureWriter {
    /// Begins.
    pub fn new(head: &PictureHead) -> PictureWriter {
        let mut bytes = vec![FORMAT];
        for number in [head.actor.0, head.epoch, head.sequence, head.portions] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [head.used_words, head.capacity_words, head.collections] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [head.at_ms, head.longest_ms] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(0_u32.to_le_bytes());
        debug_assert_eq!(bytes.len(), HEAD_BYTES);
        PictureWriter { bytes, chunks: 0 }
    }

    /// Adds a chunk; `cells` is `None` if they are as in the picture before. What `chunk.cells` holds is not looked at.
    pub fn chunk(&mut self, chunk: &PictureChunk, cells: Option<impl ExactSizeIterator<Item = u32>>) {
        self.chunks += 1;
        self.bytes.extend(chunk.id.to_le_bytes());
        self.bytes.extend([chunk.space, u8::from(cells.is_some())]);
        for number in [chunk.number, chunk.words, chunk.used_words] {
            self.bytes.extend(number.to_le_bytes());
        }
        let count = cells.as_ref().map_or(0, |cells| cells.len() as u32);
        self.bytes.extend(count.to_le_bytes());
        self.bytes.reserve(4 * count as usize);
        for cell in cells.into_iter().flatten() {
            self.bytes.extend(cell.to_le_bytes());
        }
    }

    /// The bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes[HEAD_BYTES - 4..HEAD_BYTES].copy_from_slice(&self.chunks.to_le_bytes());
        self.bytes
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn error<T>(&self, what: &'static str) -> Result<T, PictureError> {
        Err(PictureError { what, at: self.at })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], PictureError> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => self.error("the picture is cut"),
        }
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], PictureError> {
        let taken = self.take(N)?;
        taken.try_into().or_else(|_| self.error("the picture is cut"))
    }

    fn word(&mut self) -> Result<u32, PictureError> {
        Ok(u32::from_le_bytes(self.number()?))
    }

    fn long(&mut self) -> Result<u64, PictureError> {
        Ok(u64::from_le_bytes(self.number()?))
    }

    fn float(&mut self) -> Result<f64, PictureError> {
        Ok(f64::from_le_bytes(self.number()?))
    }
}

impl Picture {
    /// Reads a picture; `before` is the one before it, if there is one.
    ///
    /// # Errors
    /// [`PictureError`] for bytes that are no picture, and for one that goes on from another than `before`.
    pub fn read(bytes: &[u8], before: Option<&Picture>) -> Result<Picture, PictureError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(1)? != [FORMAT] {
            return reader.error("a picture of another release");
        }
        let (actor, epoch, sequence, portions) =
            (reader.word()?, reader.word()?, reader.word()?, reader.word()?);
        let head = PictureHead {
            actor: ActorNumber(actor),
            epoch,
            sequence,
            portions,
            used_words: reader.long()?,
            capacity_words: reader.long()?,
            collections: reader.long()?,
            at_ms: reader.float()?,
            longest_ms: reader.float()?,
        };
        let before = before.filter(|before| {
            before.head.epoch == epoch && before.head.sequence.wrapping_add(1) == sequence && sequence > 0
        });
        let count = reader.word()? as usize;
        if count > bytes.len() / CHUNK_BYTES {
            return reader.error("more chunks than bytes");
        }
        let known = before.map_or(&[][..], |picture| &picture.chunks);
        // Chunks keep their order, so that the next one is nearly always the one after the last one.
        let mut next = 0;
        let mut chunks = Vec::with_capacity(count);
        for _ in 0..count {
            let id = reader.word()?;
            let [space, is_new] = reader.number()?;
            if usize::from(space) >= HEAP_SPACES.len() {
                return reader.error("no such space");
            }
            let (number, words, used_words) = (reader.word()?, reader.word()?, reader.word()?);
            let length = reader.word()? as usize;
            let cells = if is_new != 0 {
                let (cells, _) = reader.take(length.saturating_mul(4))?.as_chunks::<4>();
                cells.iter().map(|cell| HeapCell(u32::from_le_bytes(*cell))).collect()
            } else {
                let is_it = |chunk: &PictureChunk| chunk.id == id;
                let after = known[next.min(known.len())..].iter().position(is_it).map(|steps| next + steps);
                match after.or_else(|| known.iter().position(is_it)) {
                    Some(found) => {
                        next = found + 1;
                        Arc::clone(&known[found].cells)
                    }
                    None => return reader.error("a chunk of a picture that is not there"),
                }
            };
            if used_words > words {
                return reader.error("a chunk with more used than it has");
            }
            chunks.push(PictureChunk { id, space, number, words, used_words, cells });
        }
        if reader.at < bytes.len() {
            return reader.error("something after the picture's end");
        }
        Ok(Picture { head, chunks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(type_index: u32, words: u32) -> HeapCell {
        HeapCell(type_index | 2 << 5 | words << 11)
    }

    fn head(sequence: u32) -> PictureHead {
        PictureHead {
            actor: ActorNumber(3),
            epoch: 9,
            sequence,
            used_words: 10,
            capacity_words: 100,
            collections: 4,
            at_ms: 1.5,
            portions: 2,
            longest_ms: 0.25,
        }
    }

    fn chunk(id: u32, cells: &[HeapCell]) -> PictureChunk {
        PictureChunk { id, space: 1, number: id, words: 64, used_words: 12, cells: cells.into() }
    }

    fn write(sequence: u32, chunks: &[(PictureChunk, bool)]) -> Vec<u8> {
        let mut writer = PictureWriter::new(&head(sequence));
        for (chunk, is_new) in chunks {
            writer.chunk(chunk, is_new.then(|| chunk.cells.iter().map(|cell| cell.0)));
        }
        writer.finish()
    }

    #[test]
    fn a_picture_is_read_as_it_was_written() {
        let chunks = [chunk(1, &[cell(1, 3), cell(0, 9)]), chunk(2, &[])];
        let bytes = write(0, &chunks.clone().map(|chunk| (chunk, true)));
        let picture = Picture::read(&bytes, None).expect("whole");
        assert_eq!((picture.head, &picture.chunks[..]), (head(0), &chunks[..]));
        let first = picture.chunks[0].cells[0];
        assert_eq!((first.name(), first.age(), first.words(64), first.is_free()), ("pair", 2, 3, false));
        assert!(picture.chunks[0].cells[1].is_free());
    }

    #[test]
    fn unchanged_chunks_come_from_the_picture_before() {
        let (old, new) = (chunk(1, &[cell(1, 3)]), chunk(2, &[cell(2, 5)]));
        let first = Picture::read(&write(0, &[(old.clone(), true)]), None).expect("whole");
        let bytes = write(1, &[(old.clone(), false), (new.clone(), true)]);
        let second = Picture::read(&bytes, Some(&first)).expect("goes on");
        assert_eq!(second.chunks, [old, new]);
        assert_eq!(
            Picture::read(&bytes, None).expect_err("the first is missing").what,
            "a chunk of a picture that is not there"
        );
        let late = write(2, &[(chunk(1, &[]), false)]);
        assert!(Picture::read(&late, Some(&first)).is_err(), "one was left out between");
    }

    #[test]
    fn broken_bytes_give_an_error_and_nothing_else() {
        let chunks = [chunk(1, &[cell(1, 3), cell(0, 9)]), chunk(2, &[cell(4, 7)])];
        let bytes = write(0, &chunks.map(|chunk| (chunk, true)));
        for length in 0..bytes.len() {
            assert!(Picture::read(&bytes[..length], None).is_err(), "cut at {length}");
        }
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= change;
                // Many changes give another picture; none may do worse.
                if let Ok(picture) = Picture::read(&broken, None) {
                    let mut left = 64;
                    for cell in picture.chunks.iter().flat_map(|chunk| chunk.cells.iter()) {
                        left -= cell.words(left);
                        assert!(!cell.name().is_empty());
                    }
                }
            }
        }
    }
}
