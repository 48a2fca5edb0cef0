//! One actor's heap: where objects are made.
//!
//! Three spaces: the *nursery*, bump-allocated (see [`crate::nursery`]); the *old space*, chunks that survivors move to
//! (see [`crate::old`]); and *large objects*, each in a chunk of its own, which never move. When and how they are collected
//! stands in [`crate::cycle`].
//!
//! 1. Every word of a space belongs to an object or a free block whose header was written, up to the allocation pointer in
//!    the nursery; they lie one after the other, so that a space can be walked.
//! 2. Objects move only inside [`Heap::reserve`] and the collections that are asked for. A [`Value`] held across them must
//!    be a root.
//! 3. Every slot of an old or large object that refers to a nursery object is in `remembered`, or its object is a large
//!    one made since the last collection; only [`Heap::write`] stores into objects that may be old.
//! 4. [`Heap::alloc`] never collects: its words were reserved before.
//! 5. A collection is caused by allocation only, so that it repeats in every replay.

use std::sync::Arc;

use crate::blob::Blobs;
use crate::budget::{Budget, Chunk};
use crate::collect::Roots;
use crate::cycle::Ledger;
use crate::error::HeapError;
use crate::header::{Header, IDENTITY_MAX, OBJECT_WORDS_MAX, ObjectTag};
use crate::mark::Phase;
use crate::nursery::Nursery;
use crate::old::OldSpace;
use crate::pinned::Pinned;
use crate::policy::{Policy, Stress};
use crate::sites::Sites;
use crate::statistics::{Cause, HeapTotals};
use crate::value::Value;
use crate::weak::Weak;

/// Payloads of more words than this live in the large-object space.
pub const LARGE_WORDS: usize = 1 << 12;
/// Words of the first nursery; it doubles from there.
pub const NURSERY_WORDS_MIN: usize = 1 << 5;
/// Largest nursery of the default policy in words: 512 KiB, about what a core's cache holds.
pub const NURSERY_WORDS_MAX: usize = Policy::GENERATIONAL.nursery_words_max as usize;
/// A nursery grows to this many words however little lives: 64 KiB.
const NURSERY_WORDS_EASY: usize = 1 << 13;
/// Remembered slots above which duplicates are taken out.
const REMEMBERED_MAX: usize = 1 << 14;
/// Words of large objects that drive a slice of an incremental collection.
const SLICE_WORDS: usize = 1 << 16;
/// By default, heaps of up to this many words in use are compacted at once: two milliseconds.
const COMPACT_WORDS_MAX: usize = 1 << 18;

/// What a heap may use, and how it is collected.
#[derive(Clone, Debug)]
pub struct HeapSettings {
    /// Most words that the heap may hold.
    pub words_max: usize,
    /// The world's budget.
    pub budget: Arc<Budget>,
    /// Milliseconds, for pauses in reports; nothing depends on it.
    pub clock: fn() -> f64,
    /// How it is collected.
    pub policy: Policy,
    /// Collects at every reservation.
    pub stress: Option<Stress>,
    /// The collector is off at first.
    pub is_off: bool,
    /// Every object knows the site that made it.
    pub tracks_sites: bool,
    /// Heaps of up to this many words in use are compacted all at once, larger ones a chunk at a time.
    pub compact_words_max: usize,
}

impl HeapSettings {
    /// Settings with the default policy. Builds with the feature `gc-stress` collect at every reservation.
    pub fn new(words_max: usize, budget: Arc<Budget>, clock: fn() -> f64) -> HeapSettings {
        let stress = cfg!(feature = "gc-stress").then_some(Stress::Mixed);
        HeapSettings {
            words_max,
            budget,
            clock,
            policy: Policy::GENERATIONAL,
            stress,
            is_off: false,
            tracks_sites: false,
            compact_words_max: COMPACT_WORDS_MAX,
        }
    }
}

/// A field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) object: *mut u64,
    pub(crate) index: u32,
}

/// What a heap may take beyond its bounds for the moment.
#[derive(Debug, Default)]
pub(crate) struct Slack {
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
    /// Start and bytes of the nursery's addresses.
    pub(crate) young: (usize, usize),
    /// References to these addresses concern the write barrier: the nursery, or everything while a cycle marks or moves.
    pub(crate) watched: (usize, usize),
    pub(crate) nursery: Option<Nursery>,
    /// Made by the first collection.
    pub(crate) old: Option<Box<OldSpace>>,
    pub(crate) large: Vec<Chunk>,
    /// Index into `large` of the first object made since the last collection.
    pub(crate) young_large: usize,
    pub(crate) remembered: Vec<Slot>,
    pub(crate) weak: Option<Box<Weak>>,
    pub(crate) blobs: Option<Box<Blobs>>,
    /// Room for the large object that is made next.
    prepared: Option<Box<Chunk>>,
    /// The last collection went over the world's budget.
    pub(crate) over_budget: bool,
    pub(crate) is_off: bool,
    /// Nurseries were put aside while the collector was off, so that only copying everything will do.
    pub(crate) must_copy: bool,
    /// Made when it is first granted.
    slack: Option<Box<Slack>>,
    pub(crate) settings: HeapSettings,
    pub(crate) large_words: usize,
    /// Words of large objects since the last slice.
    pub(crate) large_debt: usize,
    pub(crate) major_threshold: usize,
    /// Words in use after the last collection of the whole heap.
    pub(crate) live_words: usize,
    pub(crate) identities: u64,
    pub(crate) pinned: Pinned,
    /// Words allocated in nurseries that are gone, and as large objects.
    pub(crate) allocated_before: u64,
    pub(crate) ledger: Option<Box<Ledger>>,
    /// Only while sites are tracked. Then `limit` is where the last reservation ends.
    pub(crate) sites: Option<Box<Sites>>,
}

// SAFETY: the pointers lead into chunks that the heap owns; a heap is used by one thread at a time.
unsafe impl Send for Heap {}

impl Heap {
    /// An empty heap that holds no memory yet.
    pub fn new(mut settings: HeapSettings) -> Heap {
        settings.policy = settings.policy.bounded();
        let tracks_sites = settings.tracks_sites;
        let mut heap = Heap {
            top: std::ptr::null_mut(),
            limit: std::ptr::null_mut(),
            young: (0, 0),
            watched: (0, 0),
            nursery: None,
            old: None,
            large: Vec::new(),
            young_large: 0,
            remembered: Vec::new(),
            weak: None,
            blobs: None,
            prepared: None,
            over_budget: false,
            is_off: settings.is_off,
            must_copy: false,
            slack: None,
            settings,
            large_words: 0,
            large_debt: 0,
            major_threshold: 0,
            live_words: 0,
            identities: 0,
            pinned: Pinned::default(),
            allocated_before: 0,
            ledger: None,
            sites: tracks_sites.then(Box::default),
        };
        heap.set_threshold(0);
        heap
    }

    /// Do `words` words, headers counted, fit without a collection? Under stress, never.
    #[inline(always)]
    pub fn has_room(&self, words: usize) -> bool {
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
        // Small and without calls: with sites tracked, everything that is allocated comes by here.
        if self.open_noted_quickly(words, roots) { Ok(()) } else { self.reserve_slower(words, roots) }
    }

    #[inline(never)]
    fn reserve_slower<R: Roots>(&mut self, words: usize, roots: &mut R) -> Result<(), HeapError> {
        if self.open_noted(words, roots) { Ok(()) } else { self.reserve_collecting(words, roots) }
    }

    #[inline(never)]
    fn reserve_collecting(&mut self, words: usize, roots: &mut dyn Roots) -> Result<(), HeapError> {
        if words > OBJECT_WORDS_MAX {
            return Err(HeapError::ObjectTooLarge { words });
        }
        let wanted = self.wanted_nursery(words);
        if self.is_off {
            self.put_nursery_aside();
        } else if self.nursery.is_some() {
            let grows = wanted != self.nursery_words();
            self.collect_for_room(words, grows, Cause::NurseryFull, roots);
        }
        self.check_limit(words, roots)?;
        self.resize_nursery(words, wanted, roots)?;
        self.open_noted(words, roots);
        if self.settings.stress.is_some() {
            // SAFETY: the nursery has room for the words.
            self.close_room(unsafe { self.top.add(words) });
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn reserve_large(&mut self, words: usize, roots: &mut dyn Roots) -> Result<(), HeapError> {
        if words > OBJECT_WORDS_MAX {
            return Err(HeapError::ObjectTooLarge { words });
        }
        self.collect_for_large(words, roots);
        self.check_limit(words, roots)?;
        self.note_large_reserved(roots);
        if self.prepared.as_ref().is_none_or(|chunk| chunk.words() != words) {
            self.prepared = None;
            self.prepared = Some(Box::new(self.new_chunk(words, roots)?));
        }
        Ok(())
    }

    /// Words outside the nursery are about to be allocated: they drive collections as those in it do.
    pub(crate) fn collect_for_large(&mut self, words: usize, roots: &mut dyn Roots) {
        self.large_debt += words;
        let is_due = self.large_debt > SLICE_WORDS || self.used_words() + words > self.major_threshold;
        if !self.is_off && (is_due || self.settings.stress.is_some()) {
            self.collect_for_room(words, false, Cause::LargeObject, roots);
        }
    }

    pub(crate) fn check_limit(&mut self, words: usize, roots: &mut dyn Roots) -> Result<(), HeapError> {
        if self.over_budget {
            self.collect_unless_fresh(roots);
            self.over_budget = self.is_world_full();
            if self.over_budget && !self.take_of_world(words) {
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
        let limit_words = self.settings.words_max - self.slack_words();
        if self.is_off {
            return Err(HeapError::CollectorDisabled { used_words, limit_words, wanted_words: words });
        }
        Err(HeapError::HeapFull { used_words, limit_words, wanted_words: words })
    }

    fn take_of_world(&mut self, words: usize) -> bool {
        self.slack.as_mut().is_some_and(|slack| slack.take_of_world(words))
    }

    /// A collection of the whole heap, unless nothing was allocated since the last one.
    fn collect_unless_fresh(&mut self, roots: &mut dyn Roots) -> bool {
        let is_stale = !self.is_off && (self.used_words() > self.live_words || self.has_fresh_blobs());
        if is_stale {
            self.collect_whole(Cause::HeapGrowth, roots);
        }
        is_stale
    }

    /// Memory from the world; when it has no more, this heap's garbage goes first.
    pub(crate) fn new_chunk(&mut self, words: usize, roots: &mut dyn Roots) -> Result<Chunk, HeapError> {
        if let Some(chunk) = Chunk::new(words, &self.settings.budget) {
            return Ok(chunk);
        }
        let again =
            self.collect_unless_fresh(roots).then(|| Chunk::new(words, &self.settings.budget)).flatten();
        match again {
            Some(chunk) => Ok(chunk),
            None if self.take_of_world(words) => Ok(Chunk::new_over_budget(words, &self.settings.budget)),
            None => Err(self.settings.budget.full()),
        }
    }

    fn is_world_full(&self) -> bool {
        self.settings.budget.used_bytes() > self.settings.budget.limit_bytes()
    }

    /// Words of the nursery that suits the heap's pace and holds `words`.
    fn wanted_nursery(&self, words: usize) -> usize {
        let policy = &self.settings.policy;
        let pace_max = match (self.settings.stress, policy.is_generational) {
            (Some(_), _) => NURSERY_WORDS_MIN,
            // In step with what lives, so that a thousand small actors do not hold a large nursery each.
            (None, true) => {
                let lasting = self.old_used_words() + self.large_words;
                (2 * lasting)
                    .next_power_of_two()
                    .max(NURSERY_WORDS_EASY)
                    .min(policy.nursery_words_max as usize)
            }
            // As much as is live: then collecting everything each time costs a bounded share.
            (None, false) => self.live_words.next_power_of_two().max(policy.nursery_words_max as usize),
        };
        let ceiling = pace_max.min((self.settings.words_max / 4).max(NURSERY_WORDS_MIN));
        let pace = (self.nursery_words() * 2).clamp(NURSERY_WORDS_MIN, ceiling);
        let parts = Nursery::words_for(words);
        pace.max(parts)
    }

    /// Takes a nursery of `wanted` words if it has another size. A smaller one that holds `words` will do when there is no
    /// memory.
    fn resize_nursery(
        &mut self,
        words: usize,
        wanted: usize,
        roots: &mut dyn Roots,
    ) -> Result<(), HeapError> {
        if let Some(nursery) = &self.nursery
            && (nursery.words() == wanted || nursery.survivor_words() > 0)
            && self.has_space(words)
        {
            return Ok(());
        }
        if self.nursery_used_words() > 0 {
            self.collect_for(Cause::NurseryFull, true, roots);
        }
        let chunk = match Chunk::new(wanted, &self.settings.budget) {
            Some(chunk) => chunk,
            None if self.has_space(words) => return Ok(()),
            None => self.new_chunk(Nursery::words_for(words), roots)?,
        };
        self.set_nursery(Some(Nursery::new(chunk, self.settings.policy.promotion_age > 0)));
        Ok(())
    }

    /// Has the nursery room for `words`, open or not?
    fn has_space(&self, words: usize) -> bool {
        (self.room_end() as usize).wrapping_sub(self.top as usize) >= words * 8
    }

    /// Makes this the nursery. Whatever it was before holds nothing.
    pub(crate) fn set_nursery(&mut self, nursery: Option<Nursery>) {
        self.nursery = nursery;
        self.open_nursery();
    }

    /// Allocation starts at eden's beginning.
    pub(crate) fn open_nursery(&mut self) {
        let null = std::ptr::null_mut();
        (self.top, self.limit) =
            self.nursery.as_ref().map_or((null, null), |nursery| (nursery.eden_start(), nursery.eden_end()));
        self.young =
            self.nursery.as_ref().map_or((0, 0), |nursery| (nursery.start() as usize, nursery.words() * 8));
        self.close_for_sites();
        self.watch();
    }

    /// Tells the write barrier what to look at.
    pub(crate) fn watch(&mut self) {
        let is_wary = matches!(self.phase(), Phase::Marking | Phase::Evacuating);
        self.watched = if is_wary { (0, usize::MAX) } else { self.young };
    }

    /// What is going on in the old space.
    pub fn phase(&self) -> Phase {
        self.old.as_ref().map_or(Phase::Idle, |old| old.phase)
    }

    /// Makes an object in room that was reserved. Its payload holds whatever was there: write every word before the
    /// next collection. That of an object of more than [`LARGE_WORDS`] is zeroed.
    #[inline(always)]
    pub fn alloc(&mut self, tag: ObjectTag, words: usize) -> Value {
        if words > LARGE_WORDS {
            return self.alloc_large(tag, words);
        }
        debug_assert!(self.has_room(words + 1), "allocation without reservation");
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
        let chunk = prepared
            .map(|chunk| *chunk)
            .unwrap_or_else(|| Chunk::new_over_budget(words + 1, &self.settings.budget));
        chunk.zero();
        let address = chunk.start();
        // SAFETY: the chunk holds at least the header.
        unsafe { *address = Header::new(tag, words).large().0 };
        self.large_words += chunk.words();
        self.allocated_before += chunk.words() as u64;
        self.large.push(chunk);
        self.note_large_made(address);
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
        (address as usize).wrapping_sub(self.young.0) < self.young.1
    }

    /// Stores `value` in payload word `index` of an object of this heap. The one write barrier.
    #[inline(always)]
    pub fn write(&mut self, object: Value, index: usize, value: Value) {
        if value.is_reference()
            && (value.address() as usize).wrapping_sub(self.watched.0) < self.watched.1
            && !self.is_young(object.address())
        {
            self.note_write(object, index, value);
        }
        object.init_field(index, value);
    }

    #[cold]
    #[inline(never)]
    fn note_write(&mut self, object: Value, index: usize, value: Value) {
        if self.is_young(value.address()) {
            // A slot that refers to a young object by now is remembered already.
            let before = object.field(index);
            if !(before.is_reference() && self.is_young(before.address())) {
                self.remember(Slot { object: object.address(), index: index as u32 });
            }
        } else if let Some(old) = &mut self.old {
            if old.phase == Phase::Marking {
                old.marking.shade(value);
            }
            if let Some(evacuation) = &mut old.evacuation {
                evacuation.note(object.address(), index, value);
            }
        }
    }

    fn remember(&mut self, slot: Slot) {
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

    /// Sums since the heap was made.
    pub fn totals(&self) -> HeapTotals {
        self.ledger.as_ref().map_or_else(HeapTotals::default, |ledger| ledger.totals)
    }

    /// Collections so far.
    #[inline]
    pub fn collections(&self) -> u64 {
        self.ledger.as_ref().map_or(0, |ledger| ledger.totals.minor + ledger.totals.major)
    }

    /// Words of the nursery.
    pub(crate) fn nursery_words(&self) -> usize {
        self.nursery.as_ref().map_or(0, Nursery::words)
    }

    /// Objects in eden. O(objects).
    pub(crate) fn eden_objects(&self) -> u64 {
        let Some(nursery) = &self.nursery else { return 0 };
        let (mut at, mut objects) = (nursery.eden_start(), 0);
        while at < self.top {
            // SAFETY: objects lie one after the other up to `top` (invariant 1).
            at = unsafe { at.add(Header(*at).words() + 1) };
            objects += 1;
        }
        objects
    }

    /// Words of eden in use.
    pub(crate) fn eden_used_words(&self) -> usize {
        self.nursery.as_ref().map_or(0, |nursery| (self.top as usize - nursery.eden_start() as usize) / 8)
    }

    /// Words of the nursery in use.
    #[inline]
    pub fn nursery_used_words(&self) -> usize {
        self.eden_used_words() + self.nursery.as_ref().map_or(0, Nursery::survivor_words)
    }

    /// Words of the old space in use.
    pub fn old_used_words(&self) -> usize {
        self.old.as_ref().map_or(0, |old| old.used_words)
    }

    /// Words of large objects.
    pub fn large_used_words(&self) -> usize {
        self.large_words
    }

    /// Words in use in all spaces, garbage that was not collected yet included.
    pub fn used_words(&self) -> usize {
        self.nursery_used_words() + self.old_used_words() + self.large_words
    }

    /// Words that the heap holds.
    pub fn capacity_words(&self) -> usize {
        self.nursery_words() + self.old.as_ref().map_or(0, |old| old.capacity_words) + self.large_words
    }

    /// Words allocated since the heap was made.
    pub fn allocated_words(&self) -> u64 {
        self.allocated_before + self.eden_used_words() as u64
    }

    /// Most words that the heap may hold.
    pub fn words_max(&self) -> usize {
        self.settings.words_max
    }

    /// Sets how many words it may hold from now on, apart from what [`Heap::grant_slack`] has granted.
    pub fn set_words_max(&mut self, words: usize) {
        self.settings.words_max = words + self.slack_words();
    }

    /// What [`Heap::grant_slack`] has granted.
    pub fn slack_words(&self) -> usize {
        self.slack.as_ref().map_or(0, |slack| slack.own_words)
    }

    /// How the heap is collected.
    pub fn policy(&self) -> &Policy {
        &self.settings.policy
    }
}

impl Heap {
    /// Raises the heap's own limit by `words`, so that whoever handles a full heap has room to. Until a major collection
    /// finds the heap well below its limit again, there is no second time.
    pub fn grant_slack(&mut self, words: usize) {
        let slack = self.slack.get_or_insert_default();
        if slack.own_words == 0 {
            slack.own_words = words;
            self.settings.words_max += words;
        }
    }

    /// As [`Heap::grant_slack`] for the world's budget, until a major collection finds the world within it.
    pub fn grant_world_slack(&mut self, words: usize) {
        let slack = self.slack.get_or_insert_default();
        if !slack.has_world {
            slack.has_world = true;
            slack.world_words = words;
        }
    }

    pub(crate) fn withdraw_slack(&mut self, live_words: usize) {
        let is_world_full = self.is_world_full();
        let Some(slack) = &mut self.slack else { return };
        if live_words + 2 * slack.own_words <= self.settings.words_max {
            self.settings.words_max -= std::mem::take(&mut slack.own_words);
        }
        if !is_world_full {
            slack.has_world = false;
            slack.world_words = 0;
        }
    }
}
