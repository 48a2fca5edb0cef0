//! When and how a heap is collected, and the record of it.
//!
//! A collection of the nursery is the safepoint for everything: after it, an incremental policy marks or sweeps a slice
//! whose size follows from the words allocated since the last one. A collection of the whole heap at once comes when the
//! policy has no slices, when the heap has reached its limit, or when somebody asks.
//!
//! 1. Marking begins in a heap whose old chunks are all swept, and ends in a slice that left no grey object.
//! 2. When marking ends, remembered slots of objects without a mark are forgotten before anything is swept.
//! 3. Nothing is collected while the collector is off. What was allocated then is only ever collected by copying
//!    everything, since no barrier knew which of it was young.

use std::collections::VecDeque;

use crate::collect::{self, Done, Roots, Visitor};
use crate::evacuate;
use crate::header::Header;
use crate::heap::Heap;
use crate::mark::Phase;
use crate::policy::{Method, Policy, Stress};
use crate::statistics::{Cause, Collection, HeapTotals, Kind};
use crate::weak;

/// Collection records kept for a reader.
const COLLECTIONS_KEPT_MAX: usize = 64;
/// Least words of a slice of marking or sweeping.
const SLICE_WORDS_MIN: usize = 1 << 8;
/// Most words of a slice, unless the heap would be full before marking ends: about a millisecond.
const SLICE_WORDS_MAX: usize = 1 << 18;
/// What marking a word of small objects costs, counted as [`crate::mark::OBJECT_COST_WORDS`] says.
const UNIT_WORDS: usize = 2;

/// What a heap remembers of its collections.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) totals: HeapTotals,
    records: VecDeque<Collection>,
    /// Collections of the whole heap that were begun.
    cycle: u64,
    /// Slices of the one under way.
    slice: u32,
    /// Objects allocated since the last collection of the whole heap, counted if the policy asks.
    objects: u64,
}

/// What `defragment` has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DefragmentationResult {
    /// Bytes of objects that were moved.
    pub bytes_moved: u64,
    /// Share of the old space that held nothing in use, before.
    pub fragmentation_before: f64,
    /// … and after.
    pub fragmentation_after: f64,
}

/// What a step of the collector has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectorStep {
    /// What was going on before.
    pub before: Phase,
    /// … and after.
    pub after: Phase,
    /// The policy has no phases to go through, or cannot by now: the whole heap was copied.
    pub is_copy: bool,
    /// Words that were copied, most of them out of the nursery.
    pub moved_words: usize,
    /// Words of small objects that got their mark.
    pub marked_words: usize,
    /// Words of chunks that were swept.
    pub swept_words: usize,
    /// Objects that are grey now.
    pub greys: usize,
    /// Chunks that wait to be emptied, or swept.
    pub chunks_left: usize,
}

/// A pause under way.
pub(crate) struct Pause {
    kind: Kind,
    cause: Cause,
    major: bool,
    started_ms: f64,
    words_before: usize,
    marked_words: usize,
    swept_words: usize,
    done: Done,
}

impl Pause {
    /// Words were moved within the old space.
    pub(crate) fn moved(&mut self, words: usize) {
        self.done.moved_words += words;
    }
}

impl Done {
    fn add(&mut self, more: Done) {
        self.objects += more.objects;
        self.kept_objects += more.kept_objects;
        self.moved_words += more.moved_words;
        self.promoted_words += more.promoted_words;
    }
}

impl Heap {
    /// Collects now and answers the words reclaimed: the nursery, or the whole heap. Nothing happens while the collector is
    /// off.
    pub fn collect(&mut self, major: bool, roots: &mut dyn Roots) -> usize {
        let before = self.used_words();
        if self.is_off {
        } else if major || self.must_copy {
            self.collect_whole(Cause::Requested, roots);
        } else {
            self.collect_for(Cause::Requested, false, roots);
        }
        before - self.used_words().min(before)
    }

    /// Collects the whole heap now and answers the bytes reclaimed; 0 while the collector is off.
    pub fn collect_garbage(&mut self, roots: &mut dyn Roots) -> u64 {
        self.collect(true, roots) as u64 * 8
    }

    /// Compacts the old space now: everything reachable is copied side by side, and all references follow. O(live words).
    /// Nothing happens while the collector is off.
    pub fn defragment(&mut self, roots: &mut dyn Roots) -> DefragmentationResult {
        let fragmentation_before = self.fragmentation();
        let mut bytes_moved = 0;
        if !self.is_off {
            let mut pause = self.begin(Kind::Copy, Cause::Fragmentation);
            self.copy_whole(&mut pause, roots);
            bytes_moved = pause.done.moved_words as u64 * 8;
            self.end(pause);
        }
        DefragmentationResult { bytes_moved, fragmentation_before, fragmentation_after: self.fragmentation() }
    }

    /// One step of a collection of the whole heap, for people who watch, whatever the policy's slices are: the first shades what
    /// the roots refer to, the next ones mark a few objects each, and when no grey is left one chunk is swept at a time. With
    /// `whole_phase`, what is under way is done to its end. `None` while the collector is off.
    pub fn collector_step(&mut self, whole_phase: bool, roots: &mut dyn Roots) -> Option<CollectorStep> {
        if self.is_off {
            return None;
        }
        let before = self.phase();
        let copies = before == Phase::Idle && self.settings.policy.method == Method::Copy;
        let is_copy = copies || self.must_copy;
        let words_marked = self.old.as_ref().map_or(0, |old| old.marking.words);
        let kind = match before {
            _ if is_copy => Kind::Copy,
            Phase::Idle | Phase::Marking => Kind::Mark,
            Phase::Evacuating => Kind::Evacuate,
            Phase::Sweeping => Kind::Sweep,
        };
        let mut pause = self.begin(kind, Cause::Requested);
        match before {
            _ if is_copy => self.copy_whole(&mut pause, roots),
            Phase::Idle => {
                self.begin_marking();
                self.empty_nursery(false, &mut pause, roots);
            }
            Phase::Marking => {
                self.empty_nursery(false, &mut pause, roots);
                self.mark(if whole_phase { usize::MAX } else { SLICE_WORDS_MIN }, &mut pause);
            }
            Phase::Evacuating => {
                self.empty_nursery(false, &mut pause, roots);
                self.evacuate(if whole_phase { usize::MAX } else { 1 }, &mut pause, roots);
            }
            Phase::Sweeping => self.sweep(if whole_phase { usize::MAX } else { 1 }, &mut pause),
        }
        let (moved_words, swept_words) = (pause.done.moved_words, pause.swept_words);
        self.end(pause);
        let after = self.phase();
        let old = self.old.as_ref();
        let marked_words = match after {
            _ if is_copy || matches!(before, Phase::Evacuating | Phase::Sweeping) => 0,
            // What was marked is what is in use, as soon as marking is over.
            Phase::Sweeping => old.map_or(0, |old| old.used_words),
            Phase::Idle | Phase::Marking | Phase::Evacuating => old.map_or(0, |old| old.marking.words),
        };
        Some(CollectorStep {
            before,
            after,
            is_copy,
            moved_words,
            marked_words: marked_words.saturating_sub(words_marked),
            swept_words,
            greys: old.map_or(0, |old| old.marking.greys().count()),
            chunks_left: old.map_or(0, |old| match &old.evacuation {
                Some(evacuation) => evacuation.waiting(),
                None => old.chunks.iter().filter(|chunk| !chunk.is_swept).count(),
            }),
        })
    }

    /// Share of the old space that holds nothing in use, from 0 to 1: holes between objects, and what is to be swept, but not
    /// the block that is being filled.
    pub fn fragmentation(&self) -> f64 {
        match &self.old {
            Some(old) if old.capacity_words > 0 => {
                let held = old.used_words + old.run_words();
                1.0 - (held as f64 / old.capacity_words as f64).min(1.0)
            }
            _ => 0.0,
        }
    }

    /// Is the collector on?
    pub fn is_enabled(&self) -> bool {
        !self.is_off
    }

    /// Switches the collector on or off. While it is off the heap only grows, and a full one is
    /// [`crate::HeapError::CollectorDisabled`].
    pub fn set_enabled(&mut self, is_on: bool) {
        self.is_off = !is_on;
    }

    /// Changes how the heap is collected from now on. What is under way is finished by the old rules.
    pub fn set_policy(&mut self, policy: Policy) {
        self.settings.policy = policy.bounded();
        self.set_threshold(self.live_words + self.blob_words());
    }

    /// After a reservation was refused: the next one is held against the limit too, whatever room the nursery has.
    pub fn close_nursery(&mut self) {
        self.close_room(self.top);
    }

    /// Collects at every reservation from now on, or no longer.
    pub fn set_stress(&mut self, stress: Option<Stress>) {
        self.settings.stress = stress;
        // The next reservation sees to the rest.
        self.close_room(self.top);
    }

    /// Where the next collection of the whole heap begins, when `live` words were left by the last.
    pub(crate) fn set_threshold(&mut self, live: usize) {
        let policy = &self.settings.policy;
        let by_growth = live.saturating_mul(usize::from(policy.growth_percent)) / 100;
        let room = self.settings.words_max.saturating_sub(live);
        let by_limit = if policy.is_incremental { live + room / 2 } else { self.settings.words_max };
        self.major_threshold = by_growth.max(policy.threshold_words as usize).min(by_limit);
    }

    /// The nursery, or the limit, has no room for `words`: collects what the policy says.
    pub(crate) fn collect_for_room(
        &mut self,
        words: usize,
        promotes_all: bool,
        cause: Cause,
        roots: &mut dyn Roots,
    ) {
        let policy = self.settings.policy;
        let held = self.used_words();
        match self.settings.stress {
            Some(Stress::Mixed) if self.is_time_for_more() => return self.collect_whole(cause, roots),
            Some(Stress::Major) => return self.collect_whole(cause, roots),
            Some(Stress::Compact) => {
                self.defragment(roots);
                return;
            }
            _ => {}
        }
        let is_full = held + words > self.settings.words_max;
        let is_due = !policy.is_incremental && self.is_due();
        // Measured before marking, when there was time to fill the holes that the last sweep left.
        let is_small = self.used_words() <= self.settings.compact_words_max;
        if self.phase() == Phase::Idle && is_small && self.is_due() && self.is_loose() {
            self.defragment(roots);
            return;
        }
        if is_full || is_due || !policy.is_generational || self.must_copy {
            let cause = if cause == Cause::NurseryFull { Cause::HeapGrowth } else { cause };
            self.collect_whole(cause, roots);
        } else {
            self.collect_for(cause, promotes_all, roots);
        }
    }

    /// Under stress of mixed kind, is it time for a collection of the whole heap? Small heaps have one every sixteen times.
    fn is_time_for_more(&self) -> bool {
        const OFTEN: u64 = 16;
        const SELDOM: u64 = 1 << 10;
        let period = if self.used_words() < crate::heap::LARGE_WORDS { OFTEN } else { SELDOM };
        let totals = self.totals();
        (totals.minor + totals.major) % period == period - 1
    }

    /// Does too much of the old space hold nothing?
    fn is_loose(&self) -> bool {
        self.fragmentation() * 100.0 > f64::from(self.settings.policy.compact_percent)
    }

    /// Has the heap grown to its threshold?
    fn is_due(&self) -> bool {
        let objects_max = u64::from(self.settings.policy.threshold_objects);
        let objects = self.ledger.as_ref().map_or(0, |ledger| ledger.objects);
        self.used_words() + self.blob_words() > self.major_threshold
            || objects_max > 0 && objects > objects_max
    }

    fn ledger(&mut self) -> &mut Ledger {
        self.ledger.get_or_insert_default()
    }

    fn begin(&mut self, kind: Kind, cause: Cause) -> Pause {
        if self.settings.policy.threshold_objects > 0 {
            let made = self.eden_objects();
            self.ledger().objects += made;
        }
        Pause {
            kind,
            cause,
            major: false,
            started_ms: (self.settings.clock)(),
            words_before: self.used_words(),
            marked_words: 0,
            swept_words: 0,
            done: Done::default(),
        }
    }

    fn end(&mut self, pause: Pause) {
        let pause_ms = (self.settings.clock)() - pause.started_ms;
        let words_after = self.used_words();
        let is_slice = matches!(pause.kind, Kind::Mark | Kind::Evacuate | Kind::Sweep);
        let live_words = self.live_words as u64;
        let ledger = self.ledger();
        ledger.slice += u32::from(is_slice);
        let collection = Collection {
            kind: pause.kind,
            major: pause.major,
            cause: pause.cause,
            at_ms: pause.started_ms,
            words_before: pause.words_before,
            words_after,
            objects: pause.done.objects,
            moved_words: pause.done.moved_words,
            promoted_words: pause.done.promoted_words,
            marked_words: pause.marked_words,
            swept_words: pause.swept_words,
            cycle: if pause.kind == Kind::Minor { 0 } else { ledger.cycle },
            slice: if is_slice { ledger.slice } else { 0 },
            pause_ms,
        };
        ledger.totals.add(&collection);
        ledger.totals.words_after_major = live_words;
        if ledger.records.len() == COLLECTIONS_KEPT_MAX {
            ledger.records.pop_front();
            ledger.totals.records_dropped += 1;
        }
        ledger.records.push_back(collection);
    }

    /// Empties the nursery, and does a slice of what is under way in the old space.
    pub(crate) fn collect_for(&mut self, cause: Cause, promotes_all: bool, roots: &mut dyn Roots) {
        let mut pause = self.begin(Kind::Minor, cause);
        let allocated = self.eden_used_words() + std::mem::take(&mut self.large_debt);
        self.empty_nursery(promotes_all, &mut pause, roots);
        self.advance(allocated, &mut pause, roots);
        self.end(pause);
    }

    fn empty_nursery(&mut self, promotes_all: bool, pause: &mut Pause, roots: &mut dyn Roots) {
        self.allocated_before += self.eden_used_words() as u64;
        pause.done.add(collect::minor(self, promotes_all, roots));
        self.reopen_nursery();
    }

    fn reopen_nursery(&mut self) {
        if let Some(nursery) = &self.nursery
            && cfg!(any(debug_assertions, feature = "gc-stress"))
        {
            nursery.poison();
        }
        self.open_nursery();
    }

    /// A slice, after `allocated` words of allocation.
    fn advance(&mut self, allocated: usize, pause: &mut Pause, roots: &mut dyn Roots) {
        let policy = self.settings.policy;
        let budget = self.slice_words(allocated);
        match self.phase() {
            Phase::Idle if policy.is_incremental && self.is_due() => self.begin_marking(),
            Phase::Idle => {}
            Phase::Marking => {
                pause.kind = Kind::Mark;
                self.mark(budget, pause);
            }
            Phase::Evacuating => {
                pause.kind = Kind::Evacuate;
                self.evacuate(budget, pause, roots);
            }
            Phase::Sweeping => {
                pause.kind = Kind::Sweep;
                self.sweep(budget, pause);
            }
        }
    }

    /// Words that the slice after `allocated` words of allocation marks or sweeps: as the policy says, and more if marking
    /// would not end before the heap is full.
    fn slice_words(&self, allocated: usize) -> usize {
        let by_rate = allocated * usize::from(self.settings.policy.mark_rate) * UNIT_WORDS;
        let budget = by_rate.clamp(SLICE_WORDS_MIN, SLICE_WORDS_MAX);
        let Some(old) = &self.old else { return budget };
        let left = (self.live_words.saturating_sub(old.marking.words) + allocated) * UNIT_WORDS;
        let room = self.settings.words_max.saturating_sub(self.used_words()) / 2;
        // As much of what is left to mark as was allocated of the room that is left.
        let by_room = (left as f64 * (allocated as f64 / room.max(1) as f64).min(1.0)) as usize;
        budget.max(by_room)
    }

    fn begin_marking(&mut self) {
        let picks = self.is_loose() && self.used_words() > self.settings.compact_words_max;
        let old = self.old.get_or_insert_default();
        debug_assert!(old.phase == Phase::Idle && old.is_swept());
        old.phase = Phase::Marking;
        old.picks = picks;
        old.plan_evacuation();
        self.watch();
        let ledger = self.ledger();
        ledger.cycle += 1;
        ledger.slice = 0;
    }

    /// Scans greys; with none left, marking is over.
    fn mark(&mut self, budget: usize, pause: &mut Pause) {
        let young = self.young;
        let Some(old) = &mut self.old else { return };
        pause.marked_words += old.marking.drain(budget, young, old.evacuation.as_deref_mut());
        if old.marking.is_done() {
            self.finish_marking(pause);
        }
    }

    fn finish_marking(&mut self, pause: &mut Pause) {
        let mut visitor = Visitor::marker(self);
        weak::after_whole(self, &mut visitor);
        pause.done.objects = visitor.old.marking.objects + pause.done.kept_objects;
        let blobs = std::mem::take(&mut visitor.old.marking.blobs);
        visitor.end(self);
        self.release_blobs(&blobs);
        // SAFETY: remembered slots lie in objects of the old space or in large ones, none of which was swept yet.
        self.remembered.retain(|slot| Header(unsafe { *slot.object }).is_marked());
        collect::sweep_large(self);
        match &mut self.old {
            Some(old) if old.evacuation.as_ref().is_some_and(|evacuation| evacuation.waiting() > 0) => {
                old.phase = Phase::Evacuating;
                self.watch();
            }
            _ => self.close_marking(pause),
        }
    }

    /// Empties chunks; after the last one, the cycle goes on to sweep.
    fn evacuate(&mut self, budget: usize, pause: &mut Pause, roots: &mut dyn Roots) {
        if evacuate::evacuate(self, budget, pause, roots) {
            self.close_marking(pause);
        }
    }

    /// Everything without a mark is garbage from now on.
    fn close_marking(&mut self, pause: &mut Pause) {
        if let Some(old) = &mut self.old {
            old.evacuation = None;
            old.used_words = old.marking.words;
            old.unsweep();
            old.marking.clear();
            old.phase = Phase::Sweeping;
        }
        self.finish_major(pause);
    }

    /// The whole heap was collected.
    fn finish_major(&mut self, pause: &mut Pause) {
        pause.major = true;
        self.live_words = self.used_words();
        self.withdraw_slack(self.live_words);
        self.set_threshold(self.live_words + self.blob_words());
        self.ledger().objects = 0;
        self.tidy_sites();
        self.watch();
    }

    fn sweep(&mut self, budget: usize, pause: &mut Pause) {
        let Some(old) = &mut self.old else { return };
        let enough = pause.swept_words.saturating_add(budget);
        while pause.swept_words < enough {
            match old.sweep_one() {
                Some(words) => pause.swept_words += words,
                None => break,
            }
        }
        if old.is_swept() {
            old.phase = Phase::Idle;
        }
    }

    /// Collects the whole heap at once.
    pub(crate) fn collect_whole(&mut self, cause: Cause, roots: &mut dyn Roots) {
        let is_copy = self.settings.policy.method == Method::Copy || self.must_copy;
        let mut pause = self.begin(if is_copy { Kind::Copy } else { Kind::Full }, cause);
        self.large_debt = 0;
        if is_copy {
            self.copy_whole(&mut pause, roots);
        } else {
            self.mark_whole(&mut pause, roots);
            if self.is_loose() {
                self.copy_whole(&mut pause, roots);
            }
        }
        self.end(pause);
    }

    fn copy_whole(&mut self, pause: &mut Pause, roots: &mut dyn Roots) {
        self.allocated_before += self.eden_used_words() as u64;
        self.ledger().cycle += 1;
        pause.done.add(collect::whole(self, roots));
        self.must_copy = false;
        self.reopen_nursery();
        self.finish_major(pause);
    }

    fn mark_whole(&mut self, pause: &mut Pause, roots: &mut dyn Roots) {
        if matches!(self.phase(), Phase::Marking | Phase::Evacuating) {
            // What was begun is finished first; what died since it began is found by what follows.
            self.empty_nursery(false, pause, roots);
            if self.phase() == Phase::Marking {
                self.mark(usize::MAX, pause);
            }
            if self.phase() == Phase::Evacuating {
                self.evacuate(usize::MAX, pause, roots);
            }
        }
        self.sweep(usize::MAX, pause);
        self.begin_marking();
        if let Some(old) = &mut self.old {
            // What is too loose is copied as a whole afterwards.
            (old.picks, old.evacuation) = (false, None);
        }
        self.allocated_before += self.eden_used_words() as u64;
        pause.done = collect::full(self, roots);
        collect::sweep_large(self);
        self.reopen_nursery();
        if let Some(old) = &self.old {
            pause.marked_words += old.marking.words;
        }
        self.close_marking(pause);
        self.sweep(usize::MAX, pause);
    }

    /// While the collector is off: the nursery becomes a chunk of the old space as it is.
    pub(crate) fn put_nursery_aside(&mut self) {
        self.allocated_before += self.eden_used_words() as u64;
        let used_words = self.nursery_used_words();
        self.keep_nursery_sites();
        let Some(nursery) = self.nursery.take() else { return };
        nursery.tile(self.top);
        let old = self.old.get_or_insert_default();
        old.adopt(nursery.into_chunk());
        old.used_words += used_words;
        self.must_copy = true;
        self.open_nursery();
    }

    /// Takes the collection records that have piled up since the last call, oldest first.
    pub fn take_collections(&mut self) -> impl Iterator<Item = Collection> + '_ {
        self.ledger.as_mut().into_iter().flat_map(|ledger| ledger.records.drain(..))
    }

    /// There are collection records to take.
    #[inline]
    pub fn has_records(&self) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| !ledger.records.is_empty())
    }
}
