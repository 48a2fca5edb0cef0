//! The old space: chunks of objects that outlived the nursery, and the free blocks between them.
//!
//! 1. A chunk is tiled: objects and free blocks ([`ObjectTag::Free`]) lie one after the other from its start to its end,
//!    so that it can be walked. Only while objects are being promoted is the rest of the current run without a header.
//! 2. Every free block of two words or more in a chunk that is swept is in exactly one free list, or is the rest of the
//!    current run. Chunks that are not swept, or are to be emptied (see [`crate::evacuate`]), have no block in a list, and
//!    nothing is allocated in them.
//! 3. In a chunk that is not swept, objects with a mark are live and those without are garbage, whose fields may lead
//!    nowhere. In a swept chunk no object has a mark unless marking is under way.
//! 4. Blocks are handed out last in, first out, by size alone: addresses decide nothing, so that runs repeat.

use std::sync::Arc;

use crate::budget::{Budget, Chunk};
use crate::evacuate::Evacuation;
use crate::header::{Header, ObjectTag};
use crate::mark::{Marking, Phase};

/// Smallest and largest chunk, in words.
const CHUNK_WORDS_MIN: usize = 1 << 6;
const CHUNK_WORDS_MAX: usize = 1 << 16;
/// Blocks of up to this many words have a list for each size; above, there is one for each power of two.
const EXACT_WORDS_MAX: usize = 32;
const LISTS: usize = EXACT_WORDS_MAX + 25;
/// Free blocks of at least this many words are preferred: objects are promoted one beside the other.
const RUN_WORDS: usize = 64;
/// Blocks of a list of mixed sizes that are looked at before a larger class is taken.
const TRIES_MAX: usize = 4;
/// Chunks swept for one request before a fresh chunk is taken.
const SWEPT_AT_ONCE_MAX: usize = 2;
/// A chunk may be emptied if no more than one in so many of its words is live.
const SPARSE: usize = 2;
/// Chunks that are to be emptied hold at most one in so many of the words in use,
const LEAVING_SHARE: usize = 8;
/// … and take at most one in so many of the words of all chunks.
const LEAVING_CAPACITY_SHARE: usize = 4;

#[derive(Debug)]
pub(crate) struct OldChunk {
    pub(crate) chunk: Chunk,
    pub(crate) is_swept: bool,
    /// The next cycle is to empty it.
    pub(crate) leaves: bool,
}

/// Free blocks by size. A block's first payload word is the address of the next block of its list.
#[derive(Debug)]
struct FreeLists {
    heads: [*mut u64; LISTS],
    /// Bit n: list n is not empty.
    full: u64,
}

const fn list_of(words: usize) -> usize {
    if words <= EXACT_WORDS_MAX { words } else { EXACT_WORDS_MAX + words.ilog2() as usize - 4 }
}

const _: () = assert!(LISTS <= 64 && list_of(1 << 28) < LISTS);

/// Writes the header of a free block and, in debug builds and under stress, poisons the rest of it.
///
/// # Safety
/// `start` has `words` words that nothing refers to.
unsafe fn make_free(start: *mut u64, words: usize) {
    // SAFETY: the caller vouches for the words.
    unsafe {
        *start = Header::new(ObjectTag::Free, words - 1).0;
        if cfg!(any(debug_assertions, feature = "gc-stress")) {
            start.add(1).write_bytes(0xff, words - 1);
        }
    }
}

impl Default for FreeLists {
    fn default() -> FreeLists {
        FreeLists { heads: [std::ptr::null_mut(); LISTS], full: 0 }
    }
}

impl FreeLists {
    /// # Safety
    /// `start` has `words` words of a swept chunk that nothing refers to.
    unsafe fn put(&mut self, start: *mut u64, words: usize) {
        // SAFETY: the caller vouches for the words; a block of two has room for the link.
        unsafe {
            make_free(start, words);
            if words >= 2 {
                let list = list_of(words);
                *start.add(1) = self.heads[list] as usize as u64;
                self.heads[list] = start;
                self.full |= 1 << list;
            }
        }
    }

    /// A block of at least `words` words.
    fn take(&mut self, words: usize) -> Option<(*mut u64, usize)> {
        let mut list = list_of(words.max(2));
        loop {
            let above = self.full >> list << list;
            if above == 0 {
                return None;
            }
            list = above.trailing_zeros() as usize;
            if let Some(block) = self.take_from(list, words) {
                return Some(block);
            }
            list += 1;
        }
    }

    fn take_from(&mut self, list: usize, words: usize) -> Option<(*mut u64, usize)> {
        let mut before: Option<*mut u64> = None;
        let mut block = self.heads[list];
        for _ in 0..TRIES_MAX {
            if block.is_null() {
                return None;
            }
            // SAFETY: blocks of lists have a header and a link (invariant 2).
            let (size, next) = unsafe { (Header(*block).words() + 1, *block.add(1)) };
            if size >= words {
                match before {
                    // SAFETY: as above.
                    Some(before) => unsafe { *before.add(1) = next },
                    None => self.heads[list] = next as usize as *mut u64,
                }
                if self.heads[list].is_null() {
                    self.full &= !(1 << list);
                }
                return Some((block, size));
            }
            before = Some(block);
            block = next as usize as *mut u64;
        }
        None
    }

    /// Words of the largest block.
    fn largest(&self) -> usize {
        let Some(list) = self.full.checked_ilog2() else { return 0 };
        let mut block = self.heads[list as usize];
        let mut most = 0;
        while !block.is_null() {
            // SAFETY: as in `take_from`.
            unsafe {
                most = most.max(Header(*block).words() + 1);
                block = *block.add(1) as usize as *mut u64;
            }
        }
        most
    }
}

/// The old space of one heap.
#[derive(Debug)]
pub(crate) struct OldSpace {
    pub(crate) chunks: Vec<OldChunk>,
    /// Made when there is something to keep.
    lists: Option<Box<FreeLists>>,
    pub(crate) phase: Phase,
    pub(crate) marking: Marking,
    /// Where the next object goes, and the end of that block.
    pub(crate) top: *mut u64,
    pub(crate) end: *mut u64,
    /// Chunks before this index are swept.
    sweep_next: usize,
    /// Words in use; garbage that marking has not found yet counts, what waits to be swept does not.
    pub(crate) used_words: usize,
    /// Words of all chunks.
    pub(crate) capacity_words: usize,
    /// The sweep picks chunks to be emptied.
    pub(crate) picks: bool,
    /// Live words of chunks that were picked, and words of these chunks.
    picked: (usize, usize),
    /// While a cycle marks and empties chunks, if it does.
    pub(crate) evacuation: Option<Box<Evacuation>>,
}

impl Default for OldSpace {
    fn default() -> OldSpace {
        OldSpace {
            chunks: Vec::new(),
            lists: None,
            phase: Phase::Idle,
            marking: Marking::default(),
            top: std::ptr::null_mut(),
            end: std::ptr::null_mut(),
            sweep_next: 0,
            used_words: 0,
            capacity_words: 0,
            picks: false,
            picked: (0, 0),
            evacuation: None,
        }
    }
}

impl OldSpace {
    /// Writes a header over the rest of the current run, so that its chunk can be walked.
    pub(crate) fn rest(&mut self) {
        let words = self.run_words();
        if words > 0 {
            // SAFETY: the rest of the run is free.
            unsafe { *self.top = Header::new(ObjectTag::Free, words - 1).0 };
        }
    }

    pub(crate) fn run_words(&self) -> usize {
        (self.end as usize - self.top as usize) / 8
    }

    /// Takes a run that has room for an object of `words` words: a free block, one out of a chunk that is swept for it,
    /// or a fresh chunk. Answers whether the world's budget had room for it.
    pub(crate) fn next_run(&mut self, words: usize, budget: &Arc<Budget>) -> bool {
        let left = self.run_words();
        if left > 0 {
            // SAFETY: the rest of the run is free, in a swept chunk.
            unsafe { self.lists.get_or_insert_default().put(self.top, left) };
            (self.top, self.end) = (std::ptr::null_mut(), std::ptr::null_mut());
        }
        let mut block = self.take(words.max(RUN_WORDS));
        let mut swept = 0;
        // Chunks that turn out to be picked to be emptied give no room.
        for _ in 0..2 * SWEPT_AT_ONCE_MAX {
            let picked = self.picked;
            if block.is_some() || swept == SWEPT_AT_ONCE_MAX || self.sweep_one().is_none() {
                break;
            }
            block = self.take(words.max(RUN_WORDS));
            swept += usize::from(self.picked == picked);
        }
        let block = block.or_else(|| self.take(words));
        let (is_within, (start, size)) = match block {
            Some(block) => (true, block),
            None => self.add_chunk(words, budget),
        };
        self.top = start;
        // SAFETY: the block has `size` words.
        self.end = unsafe { start.add(size) };
        is_within
    }

    fn take(&mut self, words: usize) -> Option<(*mut u64, usize)> {
        self.lists.as_mut().and_then(|lists| lists.take(words))
    }

    fn add_chunk(&mut self, words: usize, budget: &Arc<Budget>) -> (bool, (*mut u64, usize)) {
        let size = self.capacity_words.next_power_of_two().clamp(CHUNK_WORDS_MIN, CHUNK_WORDS_MAX).max(words);
        let fitting = Chunk::new(size, budget);
        let is_within = fitting.is_some();
        let chunk = fitting.unwrap_or_else(|| Chunk::new_over_budget(words.max(CHUNK_WORDS_MIN), budget));
        let block = (chunk.start(), chunk.words());
        self.adopt(chunk);
        (is_within, block)
    }

    /// Takes in a chunk whose words the caller tiles.
    pub(crate) fn adopt(&mut self, chunk: Chunk) {
        self.capacity_words += chunk.words();
        let at = self.sweep_next.min(self.chunks.len());
        self.chunks.insert(at, OldChunk { chunk, is_swept: true, leaves: false });
        self.sweep_next = at + 1;
    }

    /// Takes in a chunk that the caller is about to fill with objects.
    pub(crate) fn adopt_objects(&mut self, chunk: Chunk) {
        self.used_words += chunk.words();
        self.adopt(chunk);
    }

    /// Every chunk waits to be swept from now on; what has no mark is garbage.
    pub(crate) fn unsweep(&mut self) {
        self.rest();
        (self.top, self.end) = (std::ptr::null_mut(), std::ptr::null_mut());
        self.lists = None;
        self.chunks.iter_mut().for_each(|chunk| (chunk.is_swept, chunk.leaves) = (false, false));
        self.sweep_next = 0;
        self.picked = (0, 0);
    }

    /// Marking begins: chunks that the last sweep has picked will be emptied at its end.
    pub(crate) fn plan_evacuation(&mut self) {
        let leaving = self.chunks.iter().filter(|old| old.leaves);
        self.evacuation = Evacuation::of(leaving.map(|old| (old.chunk.start(), old.chunk.words())));
    }

    /// Takes out the chunk that starts at this address.
    pub(crate) fn withdraw(&mut self, start: usize) -> Option<Chunk> {
        let index = self.chunks.iter().position(|old| old.chunk.start() as usize == start)?;
        self.sweep_next = self.sweep_next.min(self.chunks.len() - 1);
        let chunk = self.chunks.remove(index).chunk;
        self.capacity_words -= chunk.words();
        Some(chunk)
    }

    /// Is a chunk with so few live words to be emptied?
    fn is_to_leave(&self, live: usize, words: usize) -> bool {
        let (picked_live, picked_words) = self.picked;
        let is_first = picked_words == 0;
        self.picks
            && live * SPARSE <= words
            && (is_first || picked_live + live <= self.used_words / LEAVING_SHARE)
            && (is_first || picked_words + words <= self.capacity_words / LEAVING_CAPACITY_SHARE)
    }

    /// Hands over all chunks and begins anew without any.
    pub(crate) fn empty(&mut self) -> Vec<OldChunk> {
        self.sweep_next = 0;
        self.used_words = 0;
        self.capacity_words = 0;
        self.evacuation = None;
        std::mem::take(&mut self.chunks)
    }

    pub(crate) fn is_swept(&self) -> bool {
        self.sweep_next >= self.chunks.len()
    }

    /// Sweeps one chunk; drops it if nothing in it is live. Answers its words, or `None` when all were swept.
    pub(crate) fn sweep_one(&mut self) -> Option<usize> {
        let index = self.sweep_next;
        let chunk = self.chunks.get(index)?;
        let (start, words) = (chunk.chunk.start(), chunk.chunk.words());
        let live = if self.picks { live_words(&chunk.chunk) } else { words };
        let leaves = self.is_to_leave(live, words);
        let lists = (!leaves).then(|| &mut **self.lists.get_or_insert_default());
        let mut at = 0;
        let mut holes = Holes { lists, start: 0 };
        while at < words {
            // SAFETY: chunks are tiled (invariant 1).
            let address = unsafe { start.add(at) };
            // SAFETY: as above.
            let header = Header(unsafe { *address });
            if header.is_marked() {
                // SAFETY: as above. The block before it has ended.
                unsafe {
                    *address = header.with_mark(false).0;
                    holes.end(start, at);
                }
                at += header.words() + 1;
                holes.start = at;
            } else {
                at += header.words() + 1;
            }
        }
        if holes.start == 0 {
            self.capacity_words -= words;
            self.chunks.remove(index);
        } else {
            // SAFETY: what lies between the last live object and the end is free.
            unsafe { holes.end(start, words) };
            self.chunks[index].is_swept = true;
            self.chunks[index].leaves = leaves;
            self.sweep_next += 1;
            if leaves {
                self.picked = (self.picked.0 + live, self.picked.1 + words);
            }
        }
        Some(words)
    }

    /// Words of the largest block that is known to be free.
    pub(crate) fn largest_hole_words(&self) -> usize {
        self.lists.as_ref().map_or(0, |lists| lists.largest()).max(self.run_words())
    }
}

/// Words of marked objects in a chunk.
fn live_words(chunk: &Chunk) -> usize {
    let (mut at, mut live) = (chunk.start(), 0);
    while at < chunk.end() {
        // SAFETY: chunks are tiled (invariant 1).
        let header = Header(unsafe { *at });
        let words = header.words() + 1;
        live += if header.is_marked() { words } else { 0 };
        // SAFETY: as above.
        at = unsafe { at.add(words) };
    }
    live
}

/// Turns what lies between live objects into free blocks.
struct Holes<'a> {
    /// None if they are not to be used.
    lists: Option<&'a mut FreeLists>,
    /// Where the hole begins, in words from the chunk's start.
    start: usize,
}

impl Holes<'_> {
    /// The hole ends before word `at`.
    ///
    /// # Safety
    /// `chunk` is the start of a chunk of more than `at` words, and nothing live lies in the hole.
    unsafe fn end(&mut self, chunk: *mut u64, at: usize) {
        if at > self.start {
            // SAFETY: the caller vouches for the words.
            unsafe {
                let start = chunk.add(self.start);
                match &mut self.lists {
                    Some(lists) => lists.put(start, at - self.start),
                    None => make_free(start, at - self.start),
                }
            }
        }
    }
}
