//! Marking the old space and the large objects, all at once or in slices.
//!
//! Three colours: white has no mark, grey waits on the stack for its mark, black is marked and was scanned. A slice is a
//! collection of the nursery that shades every old object which a root or a young survivor refers to, and then scans
//! greys up to its budget. When it runs out of greys, marking is over, since nothing ran in between (Dijkstra and
//! others, "On-the-fly garbage collection", 1978, with roots and nursery taken as grey again and again).
//!
//! 1. While marking is under way, an old object that is black refers to no white one: [`crate::Heap::write`] shades what
//!    is stored into old objects, and objects are promoted black, after what they refer to was shaded.
//! 2. Young objects have no mark. After the collection of the nursery in a slice, all of them are live.
//! 3. The stack needs no recursion; of a large object only a part at a time is scanned.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::evacuate::Evacuation;
use crate::header::Header;
use crate::value::Value;

/// What is going on in the old space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing, until the heap has grown to its threshold.
    Idle,
    /// Reachable objects are being marked.
    Marking,
    /// Sparse chunks are being emptied.
    Evacuating,
    /// Chunks are being swept.
    Sweeping,
}

impl Phase {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Marking => "marking",
            Phase::Evacuating => "evacuating",
            Phase::Sweeping => "sweeping",
        }
    }
}

/// Fields of a large object that are scanned at once.
const PART_WORDS: usize = 1 << 10;
/// Objects whose headers are on their way from memory while others are scanned.
const AHEAD: usize = 16;
/// What following a reference costs, beside the words that are scanned: a miss of the cache, in words.
pub(crate) const OBJECT_COST_WORDS: usize = 5;

/// Grey objects, and what marking has found. Objects are fetched a while before they are scanned (Cher, Hosking, Vitek,
/// "Software prefetching for mark-sweep garbage collection", 2004).
#[derive(Debug, Default)]
pub(crate) struct Marking {
    /// Grey objects. They get their mark when they are taken off, so that some are met more than once.
    stack: Vec<*mut u64>,
    /// The next ones to be scanned: a ring, from `first` on.
    ahead: [*mut u64; AHEAD],
    first: usize,
    waiting: usize,
    /// Large objects that are scanned in parts, and the next field.
    parts: Vec<(*mut u64, usize)>,
    /// Words of marked objects outside the large-object space.
    pub(crate) words: usize,
    /// Marked objects.
    pub(crate) objects: u64,
    /// Blobs that were met, by address.
    pub(crate) blobs: BTreeSet<usize>,
}

/// Asks for a word of memory that will be needed soon.
#[inline(always)]
fn prefetch(address: *mut u64) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch of any address is harmless.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}

impl Marking {
    /// Makes a white object grey. Shared objects have no colour.
    #[inline]
    pub(crate) fn shade(&mut self, value: Value) {
        let address = value.address();
        // SAFETY: references to old objects lead to headers.
        let header = Header(unsafe { *address });
        debug_assert!(header.is_header(), "stale {value:?}");
        if header.is_shared() {
            self.meet_shared(address, header);
        } else if !header.is_marked() {
            self.stack.push(address);
        }
    }

    /// Notes a blob that is reachable.
    #[inline]
    pub(crate) fn meet_shared(&mut self, address: *mut u64, header: Header) {
        if header.is_blob() {
            self.blobs.insert(address as usize);
        }
    }

    /// Counts an object that was promoted black.
    #[inline]
    pub(crate) fn count_promoted(&mut self, words: usize) {
        self.words += words;
        self.objects += 1;
    }

    /// Takes back what was counted of objects that were black before they moved.
    pub(crate) fn discount(&mut self, words: usize, objects: u64) {
        self.words -= words;
        self.objects -= objects;
    }

    /// Makes the next grey object black, and answers it if it has fields that the caller is to scan, all of them.
    #[inline]
    pub(crate) fn take_grey(&mut self) -> Option<*mut u64> {
        loop {
            while self.waiting < AHEAD
                && let Some(grey) = self.stack.pop()
            {
                prefetch(grey);
                self.ahead[(self.first + self.waiting) % AHEAD] = grey;
                self.waiting += 1;
            }
            if self.waiting == 0 {
                return None;
            }
            let address = self.ahead[self.first];
            self.first = (self.first + 1) % AHEAD;
            self.waiting -= 1;
            // SAFETY: greys are whole live objects that do not move while marking is under way.
            let header = Header(unsafe { *address });
            if header.is_shared() || header.is_marked() {
                self.meet_shared(address, header);
                continue;
            }
            // SAFETY: as above.
            unsafe { *address = header.with_mark(true).0 };
            self.objects += 1;
            if !header.is_large() {
                self.words += header.words() + 1;
            }
            if !header.tag().is_raw() {
                return Some(address);
            }
        }
    }

    /// Is nothing grey?
    pub(crate) fn is_done(&self) -> bool {
        self.stack.is_empty() && self.parts.is_empty() && self.waiting == 0
    }

    /// Scans greys until about `budget_words` words were scanned, with [`OBJECT_COST_WORDS`] more for each object, or none
    /// are left; answers what it spent. `young` is the start of the nursery's addresses and their bytes.
    pub(crate) fn drain(
        &mut self,
        budget_words: usize,
        young: (usize, usize),
        evacuation: Option<&mut Evacuation>,
    ) -> usize {
        match evacuation {
            None => self.drain_noting(budget_words, young, |_, _, _| {}),
            Some(evacuation) => self.drain_noting(budget_words, young, |object, index, value| {
                evacuation.note(object, index, value);
            }),
        }
    }

    /// Tells `note` every field that refers to what is not young.
    #[inline]
    fn drain_noting(
        &mut self,
        budget_words: usize,
        young: (usize, usize),
        mut note: impl FnMut(*mut u64, usize, Value),
    ) -> usize {
        let mut spent = 0;
        while spent < budget_words {
            if let Some(object) = self.take_grey() {
                // SAFETY: as in `take_grey`.
                let words = Header(unsafe { *object }).words();
                if words > PART_WORDS {
                    self.parts.push((object, 0));
                } else {
                    // SAFETY: as above.
                    unsafe { self.scan(object, 0..words, young, &mut note) };
                }
                spent += words.min(PART_WORDS) + 1 + OBJECT_COST_WORDS;
            } else if let Some((object, from)) = self.parts.pop() {
                // SAFETY: as above.
                let words = Header(unsafe { *object }).words();
                let to = words.min(from + PART_WORDS);
                if to < words {
                    self.parts.push((object, to));
                }
                // SAFETY: as above.
                unsafe { self.scan(object, from..to, young, &mut note) };
                spent += to - from;
            } else {
                break;
            }
        }
        spent
    }

    /// Makes grey what these fields of an object refer to; of a pair, the first element is followed first.
    ///
    /// # Safety
    /// A whole object with these payload words starts at `object`.
    #[inline(always)]
    unsafe fn scan(
        &mut self,
        object: *mut u64,
        fields: Range<usize>,
        young: (usize, usize),
        note: &mut impl FnMut(*mut u64, usize, Value),
    ) {
        for index in fields.rev() {
            // SAFETY: the caller vouches for the object.
            let value = Value::from_bits(unsafe { *object.add(1 + index) });
            if value.is_reference() && (value.address() as usize).wrapping_sub(young.0) >= young.1 {
                self.stack.push(value.address());
                note(object, index, value);
            }
        }
    }

    /// Addresses of the grey objects and of black ones that are not scanned to their end, for checks.
    pub(crate) fn greys(&self) -> impl Iterator<Item = usize> + '_ {
        let parts = self.parts.iter().map(|(object, _)| *object as usize);
        let ahead = (0..self.waiting).map(|at| &self.ahead[(self.first + at) % AHEAD]);
        self.stack.iter().chain(ahead).map(|object| *object as usize).chain(parts)
    }

    /// Forgets everything, to begin anew.
    pub(crate) fn clear(&mut self) {
        *self = Marking::default();
    }
}
