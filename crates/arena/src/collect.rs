//! The collector: copying, Cheney's way ("A nonrecursive list compacting algorithm", 1970), over two generations.
//!
//! A *minor* collection copies what is reachable in the nursery to the old space. A *major* one copies everything that is
//! reachable to fresh chunks, which compacts the old space, marks large objects, and frees what it did not meet.
//!
//! 1. During a collection, an object that was copied has a reference to its copy in place of its header.
//! 2. Shared objects are never entered: they refer to shared objects only.
//! 3. Collections always finish: chunks for survivors may go over the world's budget for the moment, since stopping
//!    halfway would lose the heap. The heap remembers, and the next reservation meets the limit.

use crate::budget::Chunk;
use crate::header::Header;
use crate::heap::{Heap, OldChunk};
use crate::value::Value;

/// Smallest and largest chunk of the old space, in words.
const OLD_CHUNK_WORDS_MIN: usize = 1 << 6;
const OLD_CHUNK_WORDS_MAX: usize = 1 << 16;

/// Where a mutator keeps references. Called during each collection.
pub trait Roots {
    /// Shows every root to `visitor`, which updates those whose object has moved.
    fn visit(&mut self, visitor: &mut Visitor<'_>);
}

/// Roots that are just a slice, for tests and small mutators.
impl Roots for [Value] {
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        visitor.values(self);
    }
}

impl<const N: usize> Roots for [Value; N] {
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        visitor.values(self);
    }
}

impl Roots for Vec<Value> {
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        visitor.values(self);
    }
}

/// Copies survivors. One lives for the length of a collection.
pub struct Visitor<'a> {
    heap: &'a mut Heap,
    major: bool,
    young_start: usize,
    young_bytes: usize,
    /// Chunks being filled; the last one is current.
    to: Vec<OldChunk>,
    top: *mut u64,
    end: *mut u64,
    marked_large: Vec<*mut u64>,
    survivors: u64,
    copied_words: usize,
}

impl Visitor<'_> {
    /// Shows one root.
    #[inline]
    pub fn value(&mut self, slot: &mut Value) {
        if slot.is_reference() {
            *slot = self.forward(*slot);
        }
    }

    /// Shows roots that lie side by side.
    #[inline]
    pub fn values(&mut self, slots: &mut [Value]) {
        for slot in slots {
            self.value(slot);
        }
    }

    #[inline]
    fn forward(&mut self, value: Value) -> Value {
        let address = value.address();
        if !self.major && (address as usize).wrapping_sub(self.young_start) >= self.young_bytes {
            return value;
        }
        // SAFETY: references lead to objects whose header, or whose forwarding reference, is in place (heap's
        // invariant 1, invariant 1 here).
        let word = unsafe { *address };
        let header = Header(word);
        if !header.is_header() {
            return Value::from_bits(word);
        }
        if self.major && (header.is_shared() || header.is_large()) {
            if header.is_large() && !header.is_marked() {
                // SAFETY: as above.
                unsafe { *address = header.with_mark(true).0 };
                self.survivors += 1;
                if !header.tag().is_raw() {
                    self.marked_large.push(address);
                }
            }
            return value;
        }
        self.copy(address, header)
    }

    fn copy(&mut self, from: *mut u64, header: Header) -> Value {
        let words = header.words() + 1;
        if (self.end as usize) - (self.top as usize) < words * 8 {
            self.add_chunk(words);
        }
        let to = self.top;
        // SAFETY: `from` is a whole object; `to` has room for `words`; they do not overlap, since survivors go to other
        // chunks than they come from.
        unsafe {
            std::ptr::copy_nonoverlapping(from, to, words);
            *to = header.older().0;
            self.top = to.add(words);
            let value = Value::reference(to);
            *from = value.bits();
            self.survivors += 1;
            self.copied_words += words;
            value
        }
    }

    #[cold]
    fn add_chunk(&mut self, words: usize) {
        if let Some(current) = self.to.last_mut() {
            current.top = self.top;
        }
        let pace = self.heap.old_words + self.copied_words;
        let size = pace.next_power_of_two().clamp(OLD_CHUNK_WORDS_MIN, OLD_CHUNK_WORDS_MAX).max(words);
        let chunk = Chunk::new(size, &self.heap.settings.budget).unwrap_or_else(|| {
            self.heap.over_budget = true;
            Chunk::new_over_budget(words.max(OLD_CHUNK_WORDS_MIN), &self.heap.settings.budget)
        });
        self.top = chunk.start();
        self.end = chunk.end();
        self.to.push(OldChunk { top: chunk.start(), chunk });
    }

    /// Follows everything that was copied or marked until nothing new turns up, from `chunk` at `position` on.
    fn finish(&mut self, mut chunk: usize, mut position: *mut u64) {
        loop {
            while chunk < self.to.len() {
                let last = chunk + 1 == self.to.len();
                let top = if last { self.top } else { self.to[chunk].top };
                if position < top {
                    // SAFETY: objects lie one after the other from `position` to `top`.
                    position = unsafe { self.scan(position) };
                } else if last {
                    break;
                } else {
                    chunk += 1;
                    position = self.to[chunk].chunk.start();
                }
            }
            let Some(large) = self.marked_large.pop() else { return };
            // SAFETY: marked large objects are whole objects.
            unsafe { self.scan(large) };
            if chunk == self.to.len() && !self.to.is_empty() {
                chunk = self.to.len() - 1;
            }
        }
    }

    /// Follows the fields of one object and answers the address after it.
    ///
    /// # Safety
    /// A whole object starts at `object`.
    unsafe fn scan(&mut self, object: *mut u64) -> *mut u64 {
        // SAFETY: the caller vouches for the object; its payload has `words` words.
        unsafe {
            let header = Header(*object);
            let words = header.words();
            if !header.tag().is_raw() {
                for index in 1..=words {
                    let slot = object.add(index);
                    let value = Value::from_bits(*slot);
                    if value.is_reference() {
                        *slot = self.forward(value).bits();
                    }
                }
            }
            object.add(words + 1)
        }
    }
}

fn visitor(heap: &mut Heap, major: bool) -> Visitor<'_> {
    let (young_start, young_bytes) =
        heap.nursery.as_ref().map_or((0, 0), |chunk| (chunk.start() as usize, chunk.words() * 8));
    let to = if major { Vec::new() } else { std::mem::take(&mut heap.old) };
    let (top, end) =
        to.last().map_or((std::ptr::null_mut(), std::ptr::null_mut()), |old| (old.top, old.chunk.end()));
    Visitor {
        heap,
        major,
        young_start,
        young_bytes,
        to,
        top,
        end,
        marked_large: Vec::new(),
        survivors: 0,
        copied_words: 0,
    }
}

/// Empties the nursery. Answers the number of survivors.
pub(crate) fn minor<R: Roots>(heap: &mut Heap, roots: &mut R) -> u64 {
    let remembered = std::mem::take(&mut heap.remembered);
    let young_large: Vec<*mut u64> = heap.large[heap.young_large..].iter().map(Chunk::start).collect();
    let mut visitor = visitor(heap, false);
    let (chunk, position) = (visitor.to.len().saturating_sub(1), visitor.top);
    roots.visit(&mut visitor);
    for slot in &remembered {
        // SAFETY: remembered slots lie in old or large objects, which minor collections do not move or free.
        unsafe {
            let value = Value::from_bits(**slot);
            if value.is_reference() {
                **slot = visitor.forward(value).bits();
            }
        }
    }
    for object in young_large {
        // SAFETY: large objects are whole objects.
        unsafe { visitor.scan(object) };
    }
    // With no chunk before, the first one that was added is the place to start.
    let position =
        if position.is_null() && !visitor.to.is_empty() { visitor.to[0].chunk.start() } else { position };
    visitor.finish(chunk, position);
    let (to, top, survivors, copied) = (visitor.to, visitor.top, visitor.survivors, visitor.copied_words);
    heap.old = to;
    if let Some(last) = heap.old.last_mut() {
        last.top = top;
    }
    heap.old_words += copied;
    heap.young_large = heap.large.len();
    let mut remembered = remembered;
    remembered.clear();
    heap.remembered = remembered;
    survivors
}

/// Copies everything that is reachable and frees the rest. Answers the number of survivors.
pub(crate) fn major<R: Roots>(heap: &mut Heap, roots: &mut R) -> u64 {
    heap.remembered.clear();
    let from = std::mem::take(&mut heap.old);
    heap.old_words = 0;
    let mut visitor = visitor(heap, true);
    roots.visit(&mut visitor);
    let position = visitor.to.first().map_or(std::ptr::null_mut(), |old| old.chunk.start());
    visitor.finish_from_start(position);
    let (to, top, survivors, copied) = (visitor.to, visitor.top, visitor.survivors, visitor.copied_words);
    heap.old = to;
    if let Some(last) = heap.old.last_mut() {
        last.top = top;
    }
    heap.old_words = copied;
    drop(from);
    sweep_large(heap);
    survivors
}

impl Visitor<'_> {
    /// As [`Visitor::finish`], for a to-space that may still have no chunk.
    fn finish_from_start(&mut self, position: *mut u64) {
        if !self.to.is_empty() {
            return self.finish(0, position);
        }
        while self.to.is_empty() {
            let Some(large) = self.marked_large.pop() else { return };
            // SAFETY: marked large objects are whole objects.
            unsafe { self.scan(large) };
        }
        let start = self.to[0].chunk.start();
        self.finish(0, start);
    }
}

fn sweep_large(heap: &mut Heap) {
    heap.large.retain(|chunk| {
        let address = chunk.start();
        // SAFETY: each chunk of `large` starts with the header of its object.
        unsafe {
            let header = Header(*address);
            *address = header.with_mark(false).0;
            header.is_marked()
        }
    });
    heap.large_words = heap.large.iter().map(Chunk::words).sum();
    heap.young_large = heap.large.len();
}
