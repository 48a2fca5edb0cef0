//! The shared heap: what a program's actors may all refer to. Filled while the program is loaded, immutable after.
//!
//! 1. Its objects carry the shared mark, so that no collector enters or moves them.
//! 2. Its objects refer only to objects of shared heaps that live at least as long; whoever fills it sees to that
//!    (debug builds check).

use std::sync::Arc;

use crate::budget::{Budget, Chunk};
use crate::header::{Header, ObjectTag};
use crate::object::{bytevector_words, init_string, init_symbol, string_words, symbol_words};
use crate::value::Value;

/// The first chunk is this long, each other twice as long as the one before, up to the largest.
const CHUNK_WORDS_MIN: usize = 1 << 6;
const CHUNK_WORDS_MAX: usize = 1 << 12;

/// A growing set of immutable objects, freed together.
#[derive(Debug)]
pub struct SharedHeap {
    chunks: Vec<Chunk>,
    /// Words in use in each chunk but the last one.
    full_words: Vec<usize>,
    top: *mut u64,
    room_words: usize,
    budget: Arc<Budget>,
}

// SAFETY: after loading, the objects are only read; the pointers lead into chunks that it owns.
unsafe impl Send for SharedHeap {}
// SAFETY: as above.
unsafe impl Sync for SharedHeap {}

impl SharedHeap {
    /// An empty shared heap, whose memory is not counted against any world.
    pub fn new() -> SharedHeap {
        SharedHeap::within(&Budget::new(u64::MAX))
    }

    /// An empty shared heap of a world. What it takes counts against the world's budget, and may go over it by a chunk.
    pub fn within(budget: &Arc<Budget>) -> SharedHeap {
        SharedHeap {
            chunks: Vec::new(),
            full_words: Vec::new(),
            top: std::ptr::null_mut(),
            room_words: 0,
            budget: budget.clone(),
        }
    }

    /// Makes an object; write its payload before anyone can see it.
    pub fn alloc(&mut self, tag: ObjectTag, words: usize) -> Value {
        if self.room_words < words + 1 {
            let last = self.chunks.last().map_or(0, Chunk::words);
            let size = (2 * last).clamp(CHUNK_WORDS_MIN, CHUNK_WORDS_MAX).max(words + 1);
            let chunk = Chunk::new_over_budget(size, &self.budget);
            if !self.chunks.is_empty() {
                self.full_words.push(last - self.room_words);
            }
            self.top = chunk.start();
            self.room_words = size;
            self.chunks.push(chunk);
        }
        let address = self.top;
        // SAFETY: the chunk has room for header and payload.
        unsafe {
            *address = Header::new(tag, words).shared().0;
            self.top = address.add(words + 1);
        }
        self.room_words -= words + 1;
        Value::reference(address)
    }

    /// Makes an object from its payload.
    pub fn object(&mut self, tag: ObjectTag, payload: &[Value]) -> Value {
        let object = self.alloc(tag, payload.len());
        for (index, value) in payload.iter().enumerate() {
            debug_assert!(tag.is_raw() || !value.is_reference() || value.header().is_shared());
            object.init_field(index, *value);
        }
        object
    }

    /// Makes a string.
    pub fn string(&mut self, text: &str) -> Value {
        let length = text.chars().count();
        let string = self.alloc(ObjectTag::String, string_words(length));
        init_string(string, length, text.chars());
        string
    }

    /// Makes a symbol; the caller keeps one per name.
    pub fn symbol(&mut self, text: &str) -> Value {
        let symbol = self.alloc(ObjectTag::Symbol, symbol_words(text));
        init_symbol(symbol, text);
        symbol
    }

    /// Makes a bytevector.
    pub fn bytevector(&mut self, bytes: &[u8]) -> Value {
        let words = bytevector_words(bytes.len());
        let object = self.alloc(ObjectTag::Bytevector, words);
        object.set_raw(words - 1, 0);
        object.set_raw(0, bytes.len() as u64);
        object.raw_bytes(1, bytes.len()).copy_from_slice(bytes);
        object
    }

    /// Makes a raw object from its words.
    pub fn raw(&mut self, tag: ObjectTag, words: &[u64]) -> Value {
        let object = self.alloc(tag, words.len());
        object.raw_words(0).copy_from_slice(words);
        object
    }

    /// Its objects, in the order in which they were made.
    pub fn objects(&self) -> impl Iterator<Item = Value> + '_ {
        let last = self.chunks.last().map_or(0, |chunk| chunk.words() - self.room_words);
        let used = self.full_words.iter().copied().chain([last]);
        self.chunks.iter().zip(used).flat_map(|(chunk, used)| {
            let mut at = 0;
            std::iter::from_fn(move || {
                // SAFETY: objects lie one after the other in the words in use, each with its header first.
                let object = (at < used).then(|| Value::reference(unsafe { chunk.start().add(at) }))?;
                at += object.words() + 1;
                Some(object)
            })
        })
    }

    /// Words that it holds.
    pub fn capacity_words(&self) -> usize {
        self.chunks.iter().map(Chunk::words).sum()
    }
}

impl Default for SharedHeap {
    fn default() -> Self {
        SharedHeap::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_marked_as_shared_and_literal_and_hold_what_they_were_made_of() {
        let mut shared = SharedHeap::new();
        let text = shared.string("grün");
        let symbol = shared.symbol("a-name");
        let bytes = shared.bytevector(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let vector = shared.object(ObjectTag::Vector, &[text, symbol, bytes, Value::NIL]);
        for object in [text, symbol, bytes, vector] {
            assert!(object.header().is_shared() && object.header().is_literal());
        }
        assert_eq!((text.string_text().as_str(), text.string_length()), ("grün", 4));
        assert_eq!(symbol.symbol_text(), "a-name");
        assert_eq!(bytes.raw_bytes(1, 9), &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(vector.fields(), &[text, symbol, bytes, Value::NIL]);
    }

    #[test]
    fn it_grows_by_chunks_and_takes_objects_larger_than_one() {
        let mut shared = SharedHeap::new();
        let large = shared.alloc(ObjectTag::Vector, 3 * CHUNK_WORDS_MAX);
        assert_eq!(large.words(), 3 * CHUNK_WORDS_MAX);
        let pairs: Vec<Value> = (0..CHUNK_WORDS_MAX)
            .map(|number| shared.object(ObjectTag::Pair, &[Value::fixnum(number as i64), Value::NIL]))
            .collect();
        assert!(pairs.iter().enumerate().all(|(number, pair)| pair.car() == Value::fixnum(number as i64)));
        assert!(shared.capacity_words() >= 6 * CHUNK_WORDS_MAX);
        assert!(shared.objects().eq(std::iter::once(large).chain(pairs)));
        assert_eq!(SharedHeap::new().objects().count(), 0);
    }
}
