//! Messages: values on their way from one heap to another, as one flat copy.
//!
//! 1. The words of a message are whole objects, one after the other; references among them are relative (tag `101`),
//!    all other references lead to shared objects; of blobs, the message holds a share.
//! 2. Copying keeps sharing and cycles. It is iterative, and leaves the sender's heap as it was: headers that stand
//!    aside for forwarding marks come back before it returns, on errors too.

use smallvec::SmallVec;

use crate::blob::Shares;
use crate::collect::Roots;
use crate::error::HeapError;
use crate::header::{Header, ObjectTag};
use crate::heap::{Heap, LARGE_WORDS};
use crate::mark::Phase;
use crate::value::Value;

/// Words that a message holds without an allocation of its own.
const INLINE_WORDS: usize = 10;

/// A flat copy of a value.
#[derive(Clone, Debug)]
pub struct Message {
    root: Value,
    words: SmallVec<[u64; INLINE_WORDS]>,
    /// Shares of the blobs that it refers to.
    blobs: Option<Box<Shares>>,
}

/// Why a value cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Some things belong to one actor.
    #[error("{} {} cannot be sent to another actor", article(*.0), .0.name())]
    NotSendable(ObjectTag),
    /// Too many words.
    #[error("the message is larger than {limit_words} words")]
    TooLarge {
        /// The limit, words.
        limit_words: usize,
    },
}

fn article(tag: ObjectTag) -> &'static str {
    if tag.name().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

const fn is_sendable(tag: ObjectTag) -> bool {
    use ObjectTag::*;
    !matches!(tag, Continuation | Segment | Port | WeakReference | Ephemeron | Guardian)
}

#[derive(Default)]
struct Copier {
    words: SmallVec<[u64; INLINE_WORDS]>,
    moved: SmallVec<[(*mut u64, u64); 4]>,
    limit_words: usize,
    blobs: Option<Box<Shares>>,
}

impl Copier {
    fn copy(&mut self, value: Value) -> Result<Value, MessageError> {
        let address = value.address();
        // SAFETY: references lead to headers, or to the relative reference that an earlier call put there.
        let word = unsafe { *address };
        let header = Header(word);
        if !header.is_header() {
            return Ok(Value::from_bits(word));
        }
        if header.is_shared() {
            if header.is_blob() {
                self.share(value);
            }
            return Ok(value);
        }
        if !is_sendable(header.tag()) {
            return Err(MessageError::NotSendable(header.tag()));
        }
        let words = header.words();
        let offset = self.words.len();
        if offset + words + 1 > self.limit_words {
            return Err(MessageError::TooLarge { limit_words: self.limit_words });
        }
        self.words.push(header.fresh().0);
        // SAFETY: the payload has `words` words.
        self.words.extend_from_slice(unsafe { std::slice::from_raw_parts(address.add(1), words) });
        let relative = Value::relative(offset);
        self.moved.push((address, word));
        // SAFETY: as above; `restore` puts the header back.
        unsafe { *address = relative.bits() };
        Ok(relative)
    }

    #[cold]
    fn share(&mut self, value: Value) {
        // SAFETY: the heap that is copied from holds it.
        unsafe { self.blobs.get_or_insert_default().add(value) };
    }

    fn copy_all(&mut self, root: Value) -> Result<Value, MessageError> {
        let root = if root.is_reference() { self.copy(root)? } else { root };
        self.scan()?;
        Ok(root)
    }

    /// Copies what the words copied so far refer to.
    fn scan(&mut self) -> Result<(), MessageError> {
        let mut position = 0;
        while position < self.words.len() {
            let header = Header(self.words[position]);
            let end = position + 1 + header.words();
            if !header.tag().is_raw() {
                for index in position + 1..end {
                    let value = Value::from_bits(self.words[index]);
                    if value.is_reference() {
                        let copied = self.copy(value)?;
                        self.words[index] = copied.bits();
                    }
                }
            }
            position = end;
        }
        Ok(())
    }

    fn restore(&mut self) {
        for (address, word) in self.moved.drain(..) {
            // SAFETY: `address` is the header of an object that `copy` met.
            unsafe { *address = word };
        }
    }
}

impl Message {
    /// Copies `root` and all that it refers to. O(words copied).
    ///
    /// # Errors
    /// [`MessageError`] if something in it belongs to its actor, or if it is larger than `limit_words`.
    pub fn copy_out(root: Value, limit_words: usize) -> Result<Message, MessageError> {
        if !root.is_reference() {
            return Ok(Message { root, words: SmallVec::new(), blobs: None });
        }
        let mut copier = Copier { limit_words, ..Copier::default() };
        let result = copier.copy_all(root);
        copier.restore();
        Ok(Message { root: result?, words: copier.words, blobs: copier.blobs })
    }

    /// Copies several values as one message, whose root is a vector of them; sharing among them is kept.
    ///
    /// # Errors
    /// As [`Message::copy_out`].
    pub fn copy_out_all(values: &[Value], limit_words: usize) -> Result<Message, MessageError> {
        if values.len() + 1 > limit_words {
            return Err(MessageError::TooLarge { limit_words });
        }
        let mut copier = Copier { limit_words, ..Copier::default() };
        copier.words.push(Header::new(ObjectTag::Vector, values.len()).0);
        copier.words.extend(values.iter().map(|value| value.bits()));
        let result = copier.scan();
        copier.restore();
        result?;
        Ok(Message { root: Value::relative(0), words: copier.words, blobs: copier.blobs })
    }

    /// A message of whole objects whose references among each other are relative.
    pub(crate) fn of_words(root: Value, words: Vec<u64>) -> Message {
        Message { root, words: SmallVec::from_vec(words), blobs: None }
    }

    /// A message of one value that refers to nothing private: an immediate or an object of a program.
    pub fn of_shared(root: Value) -> Message {
        debug_assert!(!root.is_reference() || root.header().is_of_program());
        Message { root, words: SmallVec::new(), blobs: None }
    }

    /// Shows every object that the message carries: its type and its words.
    pub fn each_object(&self, mut visit: impl FnMut(ObjectTag, &[u64])) {
        let mut position = 0;
        while position < self.words.len() {
            let header = Header(self.words[position]);
            let end = position + 1 + header.words();
            visit(header.tag(), &self.words[position + 1..end]);
            position = end;
        }
    }

    /// The value itself, if it is an immediate or an object of a program.
    pub fn shared_root(&self) -> Option<Value> {
        (self.words.is_empty() && self.blobs.is_none()).then_some(self.root)
    }

    /// Words that a heap needs to take it in.
    #[inline]
    pub fn heap_words(&self) -> usize {
        self.words.len()
    }

    /// Bytes that it occupies while it waits, blobs aside.
    #[inline]
    pub fn bytes(&self) -> usize {
        size_of::<Message>() + if self.words.spilled() { self.words.len() * 8 } else { 0 }
    }

    fn hold_blobs(&self, heap: &mut Heap) {
        if let Some(blobs) = &self.blobs {
            blobs.give_to(heap);
        }
    }

    /// Copies the message into `heap`, collecting if need be.
    ///
    /// # Errors
    /// [`HeapError`] if the heap has no room for it; nothing has changed then.
    pub fn copy_in<R: Roots>(&self, heap: &mut Heap, roots: &mut R) -> Result<Value, HeapError> {
        if self.words.is_empty() {
            self.hold_blobs(heap);
            return Ok(self.root);
        }
        let base = heap.reserve_block(self.words.len(), roots)?;
        self.hold_blobs(heap);
        // SAFETY: `reserve_block` gave us as many words.
        unsafe { std::ptr::copy_nonoverlapping(self.words.as_ptr(), base, self.words.len()) };
        // What is born old before the sweep is born black: it refers to itself only.
        let is_black =
            self.words.len() > LARGE_WORDS && matches!(heap.phase(), Phase::Marking | Phase::Evacuating);
        let absolute = |value: Value| match value.to_relative() {
            // SAFETY: relative references lie inside the block (invariant 1).
            Some(offset) => Value::reference(unsafe { base.add(offset) }),
            None => value,
        };
        let mut position = 0;
        while position < self.words.len() {
            let header = Header(self.words[position]);
            let end = position + 1 + header.words();
            if is_black {
                // SAFETY: inside the block.
                unsafe { *base.add(position) = header.with_mark(true).0 };
            }
            if !header.tag().is_raw() {
                for index in position + 1..end {
                    // SAFETY: inside the block.
                    unsafe { *base.add(index) = absolute(Value::from_bits(*base.add(index))).bits() };
                }
            }
            position = end;
        }
        if is_black && let Some(old) = &mut heap.old {
            old.marking.count_promoted(self.words.len());
        }
        Ok(absolute(self.root))
    }
}

impl Heap {
    /// Room for a block of whole objects that refer only to each other and to shared objects: in the nursery, or, for
    /// a large block, in a chunk of the old space.
    fn reserve_block<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<*mut u64, HeapError> {
        if words <= LARGE_WORDS {
            self.reserve(words, roots)?;
            let base = self.top;
            // SAFETY: the words were reserved.
            self.top = unsafe { base.add(words) };
            return Ok(base);
        }
        self.collect_for_large(words, roots);
        self.check_limit(words, roots)?;
        let chunk = self.new_chunk(words, roots)?;
        let base = chunk.start();
        self.allocated_before += words as u64;
        self.note_block(base, words, roots);
        self.old.get_or_insert_default().adopt_objects(chunk);
        Ok(base)
    }
}

// SAFETY: the words of a message are its own; shared objects are immutable and outlive the world's actors.
unsafe impl Send for Message {}
