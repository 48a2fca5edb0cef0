//! Blobs: immutable bytevectors outside of all heaps, shared between actors by count.
//!
//! A blob looks like the literal bytevector of a program, so that whatever reads bytevectors reads blobs. Sending one
//! copies a reference and counts one more holder. Each heap lists the blobs that it refers to; what a collection of the
//! whole heap does not meet is counted off, and the last holder frees the bytes.
//!
//! 1. Every blob that is reachable in a heap is in its list, and every one in a message in the message's; so a blob lives
//!    for as long as anyone can refer to it.
//! 2. A blob is written before its first reference exists and never again.
//! 3. Blobs count once against the world's budget, and not against the limit of a heap that refers to them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::budget::Chunk;
use crate::collect::{Roots, Visitor};
use crate::error::HeapError;
use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::object::bytevector_words;
use crate::value::Value;
use crate::walk::{Block, Space};

/// A word before the object: the address of the counted chunk itself.
const PREFIX_WORDS: usize = 1;

#[derive(Debug)]
struct Bytes(Chunk);

// SAFETY: nobody writes to the words once they are shared (invariant 2).
unsafe impl Sync for Bytes {}

/// A holder's share of a blob.
#[derive(Clone, Debug)]
pub(crate) struct Blob(Arc<Bytes>);

impl Blob {
    /// Takes a chunk, whose words after the prefix become a bytevector of these bytes.
    fn new(chunk: Chunk, content: &[u8]) -> Blob {
        let words = bytevector_words(content.len());
        debug_assert_eq!(chunk.words(), PREFIX_WORDS + 1 + words);
        let start = chunk.start();
        let blob = Blob(Arc::new(Bytes(chunk)));
        // SAFETY: the chunk has as many words, and nobody else knows of it yet.
        unsafe {
            *start = Arc::as_ptr(&blob.0) as usize as u64;
            *start.add(PREFIX_WORDS) = Header::new(ObjectTag::Bytevector, words).large().shared().0;
        }
        let object = blob.value();
        object.set_raw(words - 1, 0);
        object.set_raw(0, content.len() as u64);
        object.raw_bytes(1, content.len()).copy_from_slice(content);
        blob
    }

    /// A share of the blob that `value` refers to.
    ///
    /// # Safety
    /// `value` is a blob that somebody holds.
    unsafe fn of(value: Value) -> Blob {
        debug_assert!(value.header().is_blob());
        // SAFETY: the prefix is the address of a counted `Bytes`, which its holder keeps alive meanwhile.
        unsafe {
            let counted = *value.address().sub(PREFIX_WORDS) as usize as *const Bytes;
            Arc::increment_strong_count(counted);
            Blob(Arc::from_raw(counted))
        }
    }

    fn value(&self) -> Value {
        // SAFETY: the object lies behind the prefix.
        Value::reference(unsafe { self.0.0.start().add(PREFIX_WORDS) })
    }

    fn words(&self) -> usize {
        self.0.0.words()
    }
}

/// The blobs that a message refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares(Vec<Blob>);

impl Shares {
    /// # Safety
    /// `value` is a blob that somebody holds.
    pub(crate) unsafe fn add(&mut self, value: Value) {
        if !self.0.iter().any(|known| known.value() == value) {
            // SAFETY: the caller vouches for the blob.
            self.0.push(unsafe { Blob::of(value) });
        }
    }

    pub(crate) fn give_to(&self, heap: &mut Heap) {
        self.0.iter().for_each(|blob| heap.adopt_blob(blob.clone()));
    }
}

/// The blobs that a heap refers to, by address.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    held: BTreeMap<usize, Blob>,
    words: usize,
    /// Some came since the last collection of the whole heap.
    is_fresh: bool,
}

impl Heap {
    /// Makes a blob of a part of a bytevector's bytes. O(bytes).
    ///
    /// # Errors
    /// [`HeapError`] when the world has no room for it.
    pub fn make_blob<R: Roots>(
        &mut self,
        source: Value,
        range: Range<usize>,
        roots: &mut R,
    ) -> Result<Value, HeapError> {
        debug_assert!(source.is_object(ObjectTag::Bytevector));
        let words = PREFIX_WORDS + 1 + bytevector_words(range.len());
        let mut held = Source { source, roots };
        self.collect_for_large(0, &mut held);
        let chunk = self.new_chunk(words, &mut held)?;
        let blob = Blob::new(chunk, &held.source.raw_bytes(1, range.end)[range]);
        let value = blob.value();
        self.adopt_blob(blob);
        Ok(value)
    }

    /// From now on the heap refers to this blob.
    fn adopt_blob(&mut self, blob: Blob) {
        let blobs = self.blobs.get_or_insert_default();
        let words = blob.words();
        if blobs.held.insert(blob.value().address() as usize, blob).is_none() {
            blobs.words += words;
            blobs.is_fresh = true;
            self.large_debt += words;
        }
    }

    /// Counts off the blobs that a collection of the whole heap did not meet.
    #[optimize(size)]
    pub(crate) fn release_blobs(&mut self, met: &BTreeSet<usize>) {
        let Some(blobs) = &mut self.blobs else { return };
        blobs.held.retain(|address, _| met.contains(address));
        blobs.words = blobs.held.values().map(Blob::words).sum();
        blobs.is_fresh = false;
        if blobs.held.is_empty() {
            self.blobs = None;
        }
    }

    /// Words of the blobs that the heap refers to, each of which counts once however many heaps do.
    pub fn blob_words(&self) -> usize {
        self.blobs.as_ref().map_or(0, |blobs| blobs.words)
    }

    /// Has it come to refer to blobs since the last collection of the whole heap?
    pub(crate) fn has_fresh_blobs(&self) -> bool {
        self.blobs.as_ref().is_some_and(|blobs| blobs.is_fresh)
    }

    /// Blobs that the heap refers to.
    pub fn blob_count(&self) -> usize {
        self.blobs.as_ref().map_or(0, |blobs| blobs.held.len())
    }

    /// The blobs as blocks of one object each, for images and maps, where they are among the large objects.
    pub(crate) fn blob_blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.blobs.iter().flat_map(|blobs| blobs.held.values()).map(|blob| Block {
            space: Space::Large,
            start: blob.value().address(),
            used_words: blob.words() - PREFIX_WORDS,
            words: blob.words() - PREFIX_WORDS,
            is_swept: true,
        })
    }
}

/// What a blob is made of stays a root meanwhile.
struct Source<'a> {
    source: Value,
    roots: &'a mut dyn Roots,
}

impl Roots for Source<'_> {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.value(&mut self.source);
        self.roots.visit(visitor);
    }
}
