//! Marking the old space and the large objects, all at once or in slices.
//!
//! Three colours: white has no mark, grey is marked and waits on the stack, black is marked and was scanned. A slice is a
//! collection of the nursery that shades every old object which a root or a young survivor refers to, and then scans
//! greys up to its budget. When it runs out of greys, marking is over, since nothing ran in between (Dijkstra and
//! others, "On-the-fly garbage collection", 1978, with roots and nursery taken as grey again and again).
//!
//! 1. While marking is under way, an old object that is black refers to no white one: [`crate::Heap::write`] shades what
//!    is stored into old objects, and objects are promoted black, after what they refer to was shaded.
//! 2. Young objects have no mark. After the collection of the nursery in a slice, all of them are live.
//! 3. The stack needs no recursion; of a large object only a part at a time is scanned.

use crate::header::Header;
use crate::value::Value;

/// What is going on in the old space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing, until the heap has grown to its threshold.
    Idle,
    /// Reachable objects are being marked.
    Marking,
    /// Chunks are being swept.
    Sweeping,
}

impl Phase {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Marking => "marking",
            Phase::Sweeping => "sweeping",
        }
    }
}

/// Fields of a large object that are scanned at once.
const PART_WORDS: usize = 1 << 10;

/// Grey objects, and what marking has found.
#[derive(Debug, Default)]
pub(crate) struct Marking {
    stack: Vec<*mut u64>,
    /// Large objects that are scanned in parts, and the next field.
    parts: Vec<(*mut u64, usize)>,
    /// Words of marked objects outside the large-object space.
    pub(crate) words: usize,
    /// Marked objects.
    pub(crate) objects: u64,
}

impl Marking {
    /// Makes a white object grey. Shared objects have no colour.
    #[inline]
    pub(crate) fn shade(&mut self, value: Value) {
        let address = value.address();
        // SAFETY: references to old objects lead to headers.
        let header = Header(unsafe { *address });
        debug_assert!(header.is_header(), "stale {value:?}");
        if header.is_shared() || header.is_marked() {
            return;
        }
        // SAFETY: as above.
        unsafe { *address = header.with_mark(true).0 };
        self.objects += 1;
        if !header.is_large() {
            self.words += header.words() + 1;
        }
        if header.tag().is_raw() {
        } else if header.words() > PART_WORDS {
            self.parts.push((address, 0));
        } else {
            self.stack.push(address);
        }
    }

    /// Counts an object that was promoted black.
    #[inline]
    pub(crate) fn count_promoted(&mut self, words: usize) {
        self.words += words;
        self.objects += 1;
    }

    pub(crate) fn has_grey(&self) -> bool {
        !self.stack.is_empty() || !self.parts.is_empty()
    }

    /// Scans greys until `budget_words` words were scanned or none are left; answers the words scanned. `young` is the
    /// start of the nursery's addresses and their bytes.
    pub(crate) fn drain(&mut self, budget_words: usize, young: (usize, usize)) -> usize {
        let mut done = 0;
        while done < budget_words {
            if let Some(object) = self.stack.pop() {
                // SAFETY: greys are whole live objects that do not move while marking is under way.
                let words = Header(unsafe { *object }).words();
                // SAFETY: as above.
                unsafe { self.scan(object, 0, words, young) };
                done += words + 1;
            } else if let Some((object, from)) = self.parts.pop() {
                // SAFETY: as above.
                let words = Header(unsafe { *object }).words();
                let to = words.min(from + PART_WORDS);
                if to < words {
                    self.parts.push((object, to));
                }
                // SAFETY: as above.
                unsafe { self.scan(object, from, to, young) };
                done += to - from;
            } else {
                break;
            }
        }
        done
    }

    /// Shades what fields `from..to` of an object refer to; of a pair, the first element is followed first.
    ///
    /// # Safety
    /// A whole object of at least `to` payload words starts at `object`.
    #[inline]
    unsafe fn scan(&mut self, object: *mut u64, from: usize, to: usize, young: (usize, usize)) {
        for index in (from..to).rev() {
            // SAFETY: the caller vouches for the object.
            let value = Value::from_bits(unsafe { *object.add(1 + index) });
            if value.is_reference() && (value.address() as usize).wrapping_sub(young.0) >= young.1 {
                self.shade(value);
            }
        }
    }

    /// A grey object that the caller scans, all of it.
    pub(crate) fn pop_grey(&mut self) -> Option<*mut u64> {
        self.stack.pop().or_else(|| self.parts.pop().map(|(object, _)| object))
    }

    /// Addresses of the grey objects, for checks.
    pub(crate) fn greys(&self) -> impl Iterator<Item = usize> + '_ {
        let parts = self.parts.iter().map(|(object, _)| *object as usize);
        self.stack.iter().map(|object| *object as usize).chain(parts)
    }

    /// Forgets everything, to begin anew.
    pub(crate) fn clear(&mut self) {
        *self = Marking::default();
    }
}
