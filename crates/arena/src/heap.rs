//! One actor's heap: where objects are made, and when they are collected.
//!
//! Three spaces: the *nursery*, bump-allocated, emptied by every collection; the *old space*, chunks that survivors are
//! copied to; and *large objects*, each in a chunk of its own, which never move.
//!
//! 1. Every word from a space's start to its allocation pointer belongs to an object whose header was written; objects
//!    lie one after the other, so that a space can be walked.
//! 2. Objects move only inside [`Heap::reserve`] and [`Heap::collect`], the only functions that collect. A [`Value`] held
//!    across them must be a root.
//! 3. Every slot of an old or large object that refers to a nursery object is in `remembered`, or its object is a large
//!    one made since the last collection; only [`Heap::write`] stores into objects that may be old.
//! 4. [`Heap::alloc`] never collects: its words were reserved before.
//! 5. A collection is caused by allocation only, so that it repeats in every replay.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::budget::{Budget, Chunk};
use crate::collect::{self, Roots};
use crate::error::HeapError;
use crate::header::{Header, IDENTITY_MAX, OBJECT_WORDS_MAX, ObjectTag};
use crate::pinned::{Pinned, WithPinned};
use crate::statistics::{Cause, Collection, HeapTotals};
use crate::value::Value;

/// Payloads of more words than this live in the large-object space.
pub const LARGE_WORDS: usize = 1 << 12;
/// Words of the first nursery; it doubles from there.
pub const NURSERY_WORDS_MIN: usize = 1 << 5;
/// Largest nursery in words: 512 KiB, about what a core's cache holds.
pub const NURSERY_WORDS_MAX: usize = 1 << 16;
/// No major collection below this many words outside the nursery.
const MAJOR_WORDS_MIN: usize = 1 << 17;
/// Collection records kept for a reader.
const COLLECTIONS_KEPT_MAX: usize = 64;
/// Remembered slots above which duplicates are taken out.
const REMEMBERED_MAX: usize = 1 << 14;

/// What a heap may use.
#[derive(Clone, Debug)]
pub struct HeapSettings {
    /// Most words that the heap may hold.
    pub words_max: usize,
    /// The world's budget.
    pub budget: Arc<Budget>,
    /// Milliseconds, for pauses in reports; nothing depends on it.
    pub clock: fn() -> f64,
}

#[derive(Debug)]
pub(crate) struct OldChunk {
    pub(crate) chunk: Chunk,
    pub(crate) top: *mut u64,
}

/// What a heap may take beyond its bounds for the moment.
#[derive(Debug, Default)]
struct Slack {
    /// Words by which the heap's own limit is raised.
    own_words: usize,
    /// Words that it may still take of a full world.
    world_words: usize,
    has_world: bool,
}

impl Slack {
    fn take_of_world(&mut self, words: usize) -> bool {
        let fits = words <= self.world_words;
        if fits {
            self.world_words -= words;
        }
        fits
    }
}

/// A heap. See the module's invariants.
#[derive(Debug)]
pub struct Heap {
    pub(crate) top: *mut u64,
    pub(crate) limit: *mut u64,
    pub(crate) nursery: Option<Chunk>,
    pub(crate) old: Vec<OldChunk>,
    pub(crate) large: Vec<Chunk>,
    /// Index into `large` of the first object made since the last collection.
    pub(crate) young_large: usize,
    pub(crate) remembered: Vec<*mut u64>,
    prepared: Option<Chunk>,
    /// The last collection went over the world's budget.
    pub(crate) over_budget: bool,
    slack: Slack,
    pub(crate) settings: HeapSettings,
    pub(crate) old_words: usize,
    pub(crate) large_words: usize,
    major_threshold: usize,
    pub(crate) identities: u64,
    pub(crate) pinned: Pinned,
    /// Words allocated in nurseries that are gone, and as large objects.
    pub(crate) allocated_before: u64,
    pub(crate) totals: HeapTotals,
    records: VecDeque<Collection>,
}

// SAFETY: the pointers lead into chunks that the heap owns; a heap is used by one thread at a time.
unsafe impl Send for Heap {}

impl Heap {
    /// An empty heap that holds no memory yet.
    pub fn new(settings: HeapSettings) -> Heap {
        Heap {
            top: std::ptr::null_mut(),
            limit: std::ptr::null_mut(),
            nursery: None,
            old: Vec::new(),
            large: Vec::new(),
            young_large: 0,
            remembered: Vec::new(),
            prepared: None,
            over_budget: false,
            slack: Slack::default(),
            major_threshold: MAJOR_WORDS_MIN.min(settings.words_max),
            settings,
            old_words: 0,
            large_words: 0,
            identities: 0,
            pinned: Pinned::default(),
            allocated_before: 0,
            totals: HeapTotals::default(),
            records: VecDeque::new(),
        }
    }

    /// Do `words` words, headers counted, fit without a collection? Under stress, never.
    #[inline(always)]
    pub fn has_room(&self, words: usize) -> bool {
        !cfg!(feature = "gc-stress") && self.fits(words)
    }

    #[inline(always)]
    fn fits(&self, words: usize) -> bool {
        (self.limit as usize).wrapping_sub(self.top as usize) >= words * 8
    }

    /// Makes room for objects of `words` words in all, headers counted, collecting if there is none. A single object
    /// that may be large has [`Heap::reserve_object`].
    ///
    /// # Errors
    /// [`HeapError`] when a full collection does not make enough room; the heap is intact.
    #[inline]
    pub fn reserve<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if self.has_room(words) { Ok(()) } else { self.reserve_slow(words, roots) }
    }

    /// Makes room for one object of `words` payload words, in a chunk of its own if it is large.
    ///
    /// # Errors
    /// As [`Heap::reserve`].
    #[inline]
    pub fn reserve_object<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if words > LARGE_WORDS {
            self.reserve_large(words + 1, roots)
        } else {
            self.reserve(words + 1, roots)
        }
    }

    #[cold]
    #[inline(never)]
    fn reserve_slow<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if words > OBJECT_WORDS_MAX {
            return Err(HeapError::ObjectTooLarge { words });
        }
        if self.nursery.is_some() {
            let held = self.used_words();
            let major = held > self.major_threshold
                || held + words > self.settings.words_max
                || self.is_stressed_to_the_full();
            self.collect_for(if major { Cause::HeapGrowth } else { Cause::NurseryFull }, major, roots);
        }
        self.check_limit(words, roots)?;
        self.resize_nursery(words, roots)
    }

    /// Under stress, is it time for a major collection? Small heaps have one every sixteen times.
    fn is_stressed_to_the_full(&self) -> bool {
        const OFTEN: u64 = 16;
        const SELDOM: u64 = 1 << 10;
        let period = if self.used_words() < LARGE_WORDS { OFTEN } else { SELDOM };
        cfg!(feature = "gc-stress") && (self.totals.minor + self.totals.major) % period == period - 1
    }

    #[cold]
    #[inline(never)]
    fn reserve_large<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if words > OBJECT_WORDS_MAX {
            return Err(HeapError::ObjectTooLarge { words });
        }
        if self.used_words() + words > self.major_threshold || self.is_stressed_to_the_full() {
            self.collect_for(Cause::LargeObject, true, roots);
        }
        self.check_limit(words, roots)?;
        if self.prepared.as_ref().is_none_or(|chunk| chunk.words() != words) {
            self.prepared = None;
            self.prepared = Some(self.new_chunk(words, roots)?);
        }
        Ok(())
    }

    pub(crate) fn check_limit<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if self.over_budget {
            self.collect_unless_fresh(roots);
            self.over_budget = self.is_world_full();
            if self.over_budget && !self.slack.take_of_world(words) {
                return Err(self.settings.budget.full());
            }
        }
        if self.used_words() + words <= self.settings.words_max {
            return Ok(());
        }
        self.collect_unless_fresh(roots);
        let used_words = self.used_words();
        if used_words + words <= self.settings.words_max {
            return Ok(());
        }
        let limit_words = self.settings.words_max - self.slack.own_words;
        Err(HeapError::HeapFull { used_words, limit_words, wanted_words: words })
    }

    /// A major collection, unless nothing was allocated since the last one.
    fn collect_unless_fresh<R: Roots>(&mut self, roots: &mut R) -> bool {
        let stale = self.used_words() as u64 > self.totals.words_after_major;
        if stale {
            self.collect_for(Cause::HeapGrowth, true, roots);
        }
        stale
    }

    /// Memory from the world; when it has no more, this heap's garbage goes first.
    pub(crate) fn new_chunk<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<Chunk, HeapError> {
        if let Some(chunk) = Chunk::new(words, &self.settings.budget) {
            return Ok(chunk);
        }
        let again =
            self.collect_unless_fresh(roots).then(|| Chunk::new(words, &self.settings.budget)).flatten();
        match again {
            Some(chunk) => Ok(chunk),
            None if self.slack.take_of_world(words) => {
                Ok(Chunk::new_over_budget(words, &self.settings.budget))
            }
            None => Err(self.settings.budget.full()),
        }
    }

    fn is_world_full(&self) -> bool {
        self.settings.budget.used_bytes() > self.settings.budget.limit_bytes()
    }

    /// The nursery is empty: take one that holds `words` and suits the heap's pace.
    fn resize_nursery<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        let now = self.nursery.as_ref().map_or(0, Chunk::words);
        let pace_max = if cfg!(feature = "gc-stress") { NURSERY_WORDS_MIN } else { NURSERY_WORDS_MAX };
        let ceiling = pace_max.min((self.settings.words_max / 4).max(NURSERY_WORDS_MIN));
        let wanted = (now * 2).clamp(NURSERY_WORDS_MIN, ceiling).max(words.next_power_of_two());
        if wanted == now && self.fits(words) {
            return Ok(());
        }
        let fitting = Chunk::new(wanted, &self.settings.budget);
        let chunk = match fitting {
            Some(chunk) => chunk,
            None if self.fits(words) => return Ok(()),
            None => self.new_chunk(words.next_power_of_two(), roots)?,
        };
        self.top = chunk.start();
        self.limit = chunk.end();
        self.nursery = Some(chunk);
        Ok(())
    }

    /// Makes an object in room that was reserved. Its payload holds whatever was there: write every word before the
    /// next collection.
    #[inline(always)]
    pub fn alloc(&mut self, tag: ObjectTag, words: usize) -> Value {
        if words > LARGE_WORDS {
            return self.alloc_large(tag, words);
        }
        debug_assert!(self.fits(words + 1), "allocation without reservation");
        let address = self.top;
        // SAFETY: the words were reserved, so that they lie inside the nursery (invariant 4).
        unsafe {
            *address = Header::new(tag, words).0;
            self.top = address.add(words + 1);
        }
        Value::reference(address)
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(&mut self, tag: ObjectTag, words: usize) -> Value {
        let prepared = self.prepared.take().filter(|chunk| chunk.words() == words + 1);
        let chunk = prepared.unwrap_or_else(|| Chunk::new_over_budget(words + 1, &self.settings.budget));
        let address = chunk.start();
        // SAFETY: the chunk holds at least the header.
        unsafe { *address = Header::new(tag, words).large().0 };
        self.large_words += chunk.words();
        self.allocated_before += chunk.words() as u64;
        self.large.push(chunk);
        Value::reference(address)
    }

    /// Makes a pair in reserved room (3 words).
    #[inline(always)]
    pub fn cons(&mut self, car: Value, cdr: Value) -> Value {
        let pair = self.alloc(ObjectTag::Pair, 2);
        pair.init_field(0, car);
        pair.init_field(1, cdr);
        pair
    }

    /// Is the object in the nursery?
    #[inline(always)]
    pub(crate) fn is_young(&self, address: *mut u64) -> bool {
        match &self.nursery {
            Some(chunk) => (address as usize).wrapping_sub(chunk.start() as usize) < chunk.words() * 8,
            None => false,
        }
    }

    /// Stores `value` in payload word `index` of an object of this heap. The one write barrier.
    #[inline(always)]
    pub fn write(&mut self, object: Value, index: usize, value: Value) {
        object.init_field(index, value);
        if value.is_reference() && self.is_young(value.address()) && !self.is_young(object.address()) {
            self.remember(object, index);
        }
    }

    #[cold]
    #[inline(never)]
    fn remember(&mut self, object: Value, index: usize) {
        // SAFETY: `index` is inside the payload, as `init_field` has checked in debug builds.
        let slot = unsafe { object.address().add(1 + index) };
        if self.remembered.last() == Some(&slot) {
            return;
        }
        if self.remembered.len() >= REMEMBERED_MAX && self.remembered.len() == self.remembered.capacity() {
            self.remembered.sort_unstable();
            self.remembered.dedup();
        }
        self.remembered.push(slot);
    }

    /// The object's identity number, drawn from this heap's counter when first asked for. Shared objects have none: 0.
    pub fn identity(&mut self, object: Value) -> u64 {
        let header = object.header();
        if header.is_shared() || header.identity() != 0 {
            return header.identity();
        }
        self.identities = if self.identities == IDENTITY_MAX { 1 } else { self.identities + 1 };
        object.set_header(header.with_identity(self.identities));
        self.identities
    }

    /// Collects now and answers the words reclaimed. A major collection also compacts the old space.
    pub fn collect<R: Roots>(&mut self, major: bool, roots: &mut R) -> usize {
        let before = self.used_words();
        self.collect_for(Cause::Requested, major, roots);
        before - self.used_words().min(before)
    }

    fn collect_for<R: Roots>(&mut self, cause: Cause, major: bool, roots: &mut R) {
        let started = (self.settings.clock)();
        let words_before = self.used_words();
        let nursery_used = self.nursery_used_words();
        self.allocated_before += nursery_used as u64;
        let mut pinned = std::mem::take(&mut self.pinned);
        let roots = &mut WithPinned(roots, &mut pinned);
        let survivors = if major { collect::major(self, roots) } else { collect::minor(self, roots) };
        self.pinned = pinned;
        if let Some(chunk) = &self.nursery {
            if cfg!(feature = "gc-stress") {
                chunk.poison();
            }
            self.top = chunk.start();
            self.limit = chunk.end();
        }
        let words_after = self.used_words();
        if major {
            let live = self.old_words + self.large_words;
            self.totals.words_after_major = live as u64;
            self.withdraw_slack(live);
            self.major_threshold = (live * 2).max(MAJOR_WORDS_MIN).min(self.settings.words_max);
        }
        let pause_ms = (self.settings.clock)() - started;
        self.record(Collection {
            major,
            cause,
            at_ms: started,
            words_before,
            words_after,
            objects: survivors,
            pause_ms,
        });
    }

    fn record(&mut self, collection: Collection) {
        self.totals.add(&collection);
        if self.records.len() == COLLECTIONS_KEPT_MAX {
            self.records.pop_front();
            self.totals.records_dropped += 1;
        }
        self.records.push_back(collection);
    }

    /// Takes the collection records that have piled up since the last call, oldest first.
    pub fn take_collections(&mut self) -> impl Iterator<Item = Collection> + '_ {
        self.records.drain(..)
    }

    /// There are collection records to take.
    #[inline]
    pub fn has_records(&self) -> bool {
        !self.records.is_empty()
    }

    /// Sums since the heap was made.
    pub fn totals(&self) -> &HeapTotals {
        &self.totals
    }

    /// Words of the nursery in use.
    #[inline]
    pub fn nursery_used_words(&self) -> usize {
        self.nursery.as_ref().map_or(0, |chunk| (self.top as usize - chunk.start() as usize) / 8)
    }

    /// Words in use in all spaces, garbage that was not collected yet included.
    pub fn used_words(&self) -> usize {
        self.nursery_used_words() + self.old_words + self.large_words
    }

    /// Words that the heap holds.
    pub fn capacity_words(&self) -> usize {
        let old: usize = self.old.iter().map(|old| old.chunk.words()).sum();
        self.nursery.as_ref().map_or(0, Chunk::words) + old + self.large_words
    }

    /// Words allocated since the heap was made.
    pub fn allocated_words(&self) -> u64 {
        self.allocated_before + self.nursery_used_words() as u64
    }

    /// Most words that the heap may hold.
    pub fn words_max(&self) -> usize {
        self.settings.words_max
    }
}

impl Heap {
    /// Raises the heap's own limit by `words`, so that whoever handles a full heap has room to. Until a major collection
    /// finds the heap well below its limit again, there is no second time.
    pub fn grant_slack(&mut self, words: usize) {
        if self.slack.own_words == 0 {
            self.slack.own_words = words;
            self.settings.words_max += words;
        }
    }

    /// As [`Heap::grant_slack`] for the world's budget, until a major collection finds the world within it.
    pub fn grant_world_slack(&mut self, words: usize) {
        if !self.slack.has_world {
            self.slack.has_world = true;
            self.slack.world_words = words;
        }
    }

    fn withdraw_slack(&mut self, live_words: usize) {
        if live_words + 2 * self.slack.own_words <= self.settings.words_max {
            self.settings.words_max -= std::mem::take(&mut self.slack.own_words);
        }
        if !self.is_world_full() {
            self.slack.has_world = false;
            self.slack.world_words = 0;
        }
    }
}
