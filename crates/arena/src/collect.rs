//! Moving objects: out of the nursery in a minor collection, out of everything when the whole heap is copied.
//!
//! Both follow references breadth-first over what was copied already (Cheney, "A nonrecursive list compacting algorithm",
//! 1970). Objects in the nursery move to its other survivor part until they are old enough for the old space, or that
//! part is full.
//!
//! 1. During a collection, an object that was copied has a reference to its copy in place of its header.
//! 2. Shared objects are never entered: they refer to shared objects only.
//! 3. Collections always finish: chunks for survivors may go over the world's budget for the moment, since stopping
//!    halfway would lose the heap. The heap remembers, and the next reservation meets the limit.
//! 4. While marking is under way, what is met outside the nursery is shaded (see [`crate::mark`]).

use std::sync::Arc;

use crate::budget::{Budget, Chunk};
use crate::header::Header;
use crate::heap::{Heap, Slot};
use crate::mark::Phase;
use crate::old::{OldChunk, OldSpace};
use crate::sites::{SITE_UNKNOWN, Sites};
use crate::value::Value;
use crate::weak;

/// Where a mutator keeps references. Called during each collection.
pub trait Roots {
    /// Shows every root to `visitor`, which updates those whose object has moved.
    fn visit(&mut self, visitor: &mut Visitor);

    /// The site that is at work. Asked for by each reservation, if sites are tracked.
    fn site(&self) -> u32 {
        SITE_UNKNOWN
    }

    /// As [`Roots::site`], if it is quickly told.
    fn site_at_hand(&self) -> Option<u32> {
        None
    }
}

/// Roots that are just a slice, for tests and small mutators.
impl Roots for [Value] {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(self);
    }
}

impl<const N: usize> Roots for [Value; N] {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(self);
    }
}

impl Roots for Vec<Value> {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(self);
    }
}

/// What a collection has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// Objects that were copied, or marked in the large-object space.
    pub(crate) objects: u64,
    /// Of these, objects that stay in the nursery.
    pub(crate) kept_objects: u64,
    pub(crate) moved_words: usize,
    pub(crate) promoted_words: usize,
}

/// Follows references and moves what they lead to. One lives for the length of a collection.
pub struct Visitor {
    pub(crate) old: Box<OldSpace>,
    budget: Arc<Budget>,
    over_budget: bool,
    /// Objects at these addresses move.
    from_start: usize,
    from_bytes: usize,
    /// The nursery, as start and bytes.
    young: (usize, usize),
    /// Everything moves but large objects, which are marked.
    is_whole: bool,
    /// What does not move is shaded.
    shades: bool,
    /// What moves to the old space gets its mark.
    blackens: bool,
    /// Old slots that refer into chunks that are to be emptied are noted.
    notes: bool,
    /// Marking is over: what is old and has no mark is garbage.
    judges_old: bool,
    promotion_age: u8,
    /// The survivor part that is being filled, and the first of its objects that was not scanned.
    to_top: *mut u64,
    to_end: *mut u64,
    to_scan: *mut u64,
    /// The first object of the current run that was not scanned, and stretches of runs before.
    old_scan: *mut u64,
    stretches: Vec<(*mut u64, *mut u64)>,
    marked_large: Vec<*mut u64>,
    remembered: Vec<Slot>,
    sites: Option<Box<Sites>>,
    done: Done,
}

impl Visitor {
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

    fn is_from(&self, address: *mut u64) -> bool {
        (address as usize).wrapping_sub(self.from_start) < self.from_bytes
    }

    fn is_young(&self, address: *mut u64) -> bool {
        (address as usize).wrapping_sub(self.young.0) < self.young.1
    }

    #[inline]
    pub(crate) fn forward(&mut self, value: Value) -> Value {
        let address = value.address();
        if !self.is_from(address) {
            if self.shades && !self.is_young(address) {
                self.old.marking.shade(value);
            }
            return value;
        }
        // SAFETY: references lead to objects whose header, or whose forwarding reference, is in place (heap's
        // invariant 1, invariant 1 here).
        let word = unsafe { *address };
        let header = Header(word);
        if !header.is_header() {
            return Value::from_bits(word);
        }
        if self.is_whole && (header.is_shared() || header.is_large()) {
            if header.is_shared() {
                self.old.marking.meet_shared(address, header);
            } else if !header.is_marked() {
                // SAFETY: as above.
                unsafe { *address = header.with_mark(true).0 };
                self.done.objects += 1;
                if !header.tag().is_raw() {
                    self.marked_large.push(address);
                }
            }
            return value;
        }
        self.copy(address, header)
    }

    /// Will the object live on, as far as this collection knows by now?
    pub(crate) fn is_live(&self, value: Value) -> bool {
        if !value.is_reference() {
            return true;
        }
        // SAFETY: weak references are cleared before what they refer to goes; so there is a header or its replacement.
        let header = Header(unsafe { *value.address() });
        if header.is_header() && header.is_blob() {
            let is_judged = self.is_whole || self.judges_old;
            return !is_judged || self.old.marking.blobs.contains(&(value.address() as usize));
        }
        if self.is_from(value.address()) {
            return !header.is_header() || header.is_shared() || header.is_large() && header.is_marked();
        }
        !self.judges_old || header.is_shared() || header.is_marked() || self.is_young(value.address())
    }

    /// The object where it lies by now. Neither moves nor shades it.
    pub(crate) fn place_of(&self, value: Value) -> Value {
        if !value.is_reference() || !self.is_from(value.address()) {
            return value;
        }
        // SAFETY: as in `is_live`.
        let word = unsafe { *value.address() };
        if Header(word).is_header() { value } else { Value::from_bits(word) }
    }

    pub(crate) fn is_in_nursery(&self, value: Value) -> bool {
        value.is_reference() && self.is_young(value.address())
    }

    fn copy(&mut self, from: *mut u64, header: Header) -> Value {
        let words = header.words() + 1;
        let fits = (self.to_end as usize) - (self.to_top as usize) >= words * 8;
        let stays = fits && header.age() < self.promotion_age;
        let mut moved = header.moved();
        let to = if stays {
            let to = self.to_top;
            // SAFETY: it fits.
            self.to_top = unsafe { to.add(words) };
            self.done.kept_objects += 1;
            to
        } else {
            if self.old.run_words() < words {
                self.next_run(words);
            }
            let to = self.old.top;
            // SAFETY: the run has room.
            self.old.top = unsafe { to.add(words) };
            self.done.promoted_words += words;
            if self.blackens {
                moved = moved.with_mark(true);
                self.old.marking.count_promoted(words);
            }
            to
        };
        // SAFETY: `from` is a whole object; `to` has room for `words`; they do not overlap, since survivors go elsewhere
        // than they come from.
        unsafe {
            std::ptr::copy_nonoverlapping(from, to, words);
            *to = moved.0;
            let value = Value::reference(to);
            *from = value.bits();
            self.done.objects += 1;
            self.done.moved_words += words;
            match &mut self.sites {
                None => value,
                Some(sites) => sites.moved(from, value),
            }
        }
    }

    #[cold]
    fn next_run(&mut self, words: usize) {
        if self.old_scan < self.old.top {
            self.stretches.push((self.old_scan, self.old.top));
        }
        self.over_budget |= !self.old.next_run(words, &self.budget);
        self.old_scan = self.old.top;
    }

    /// Follows everything that was copied or marked until nothing new turns up.
    pub(crate) fn finish(&mut self) {
        loop {
            if self.to_scan < self.to_top {
                let object = self.to_scan;
                // SAFETY: objects lie one after the other from `to_scan` to `to_top`.
                self.to_scan = unsafe { object.add(Header(*object).words() + 1) };
                // SAFETY: as above.
                unsafe { self.scan(object, false) };
            } else if self.old_scan < self.old.top {
                let object = self.old_scan;
                // SAFETY: as above, for the current run.
                self.old_scan = unsafe { object.add(Header(*object).words() + 1) };
                // SAFETY: as above.
                unsafe { self.scan(object, true) };
            } else if let Some((mut object, end)) = self.stretches.pop() {
                while object < end {
                    // SAFETY: as above, for the stretch.
                    unsafe {
                        self.scan(object, true);
                        object = object.add(Header(*object).words() + 1);
                    }
                }
            } else if let Some(large) = self.marked_large.pop() {
                // SAFETY: marked large objects are whole objects.
                unsafe { self.scan(large, true) };
            } else {
                return;
            }
        }
    }

    /// Follows the fields of one object. Old ones that refer to young ones are remembered.
    ///
    /// # Safety
    /// A whole object starts at `object`.
    #[inline]
    pub(crate) unsafe fn scan(&mut self, object: *mut u64, is_old: bool) {
        // SAFETY: the caller vouches for the object; its payload has `words` words.
        unsafe {
            let header = Header(*object);
            if header.tag().is_raw() {
                return;
            }
            for index in 0..header.words() {
                let slot = object.add(1 + index);
                let value = Value::from_bits(*slot);
                if value.is_reference() {
                    let value = self.forward(value);
                    *slot = value.bits();
                    if !is_old {
                    } else if self.is_young(value.address()) {
                        self.remembered.push(Slot { object, index: index as u32 });
                    } else if self.notes
                        && let Some(evacuation) = &mut self.old.evacuation
                    {
                        evacuation.note(object, index, value);
                    }
                }
            }
        }
    }

    /// As [`Visitor::finish`]; when all of the heap is collected, everything that is grey is scanned too. What greys refer to
    /// in the nursery moves.
    pub(crate) fn finish_all(&mut self) {
        self.finish();
        while self.judges_old
            && let Some(object) = self.old.marking.take_grey()
        {
            // SAFETY: greys are whole objects.
            unsafe { self.scan(object, true) };
            self.finish();
        }
    }

    /// Begins a collection of the nursery (of all of it, if everything is promoted).
    fn minor(heap: &mut Heap, promotes_all: bool) -> Visitor {
        let (from_start, from_bytes) = heap.nursery.as_ref().map_or((0, 0), |nursery| nursery.from());
        let null = std::ptr::null_mut();
        let (to_top, to_end) = heap.nursery.as_ref().map_or((null, null), |nursery| nursery.to());
        let promotion_age = if promotes_all { 0 } else { heap.settings.policy.promotion_age };
        let mut visitor = Visitor::new(heap);
        visitor.shades = visitor.old.phase == Phase::Marking;
        visitor.blackens = visitor.shades || visitor.old.phase == Phase::Evacuating;
        (visitor.from_start, visitor.from_bytes) = (from_start, from_bytes);
        (visitor.to_top, visitor.to_end, visitor.to_scan) = (to_top, to_end, to_top);
        visitor.promotion_age = promotion_age;
        visitor
    }

    fn new(heap: &mut Heap) -> Visitor {
        let null = std::ptr::null_mut();
        let old = heap.old.take().unwrap_or_default();
        Visitor {
            old_scan: old.top,
            notes: old.evacuation.is_some(),
            old,
            budget: heap.settings.budget.clone(),
            over_budget: false,
            from_start: 0,
            from_bytes: 0,
            young: heap.young,
            is_whole: false,
            shades: false,
            blackens: false,
            judges_old: false,
            promotion_age: 0,
            to_top: null,
            to_end: null,
            to_scan: null,
            stretches: Vec::new(),
            marked_large: Vec::new(),
            remembered: Vec::new(),
            sites: heap.sites.take(),
            done: Done::default(),
        }
    }

    /// A visitor that moves nothing and shades what it is shown, for the end of marking.
    pub(crate) fn marker(heap: &mut Heap) -> Visitor {
        let mut visitor = Visitor::new(heap);
        visitor.shades = true;
        visitor.judges_old = true;
        visitor
    }

    /// A visitor that moves what lies in a chunk of marked objects to other chunks.
    pub(crate) fn evacuator(heap: &mut Heap, chunk: &Chunk) -> Visitor {
        let mut visitor = Visitor::new(heap);
        visitor.blackens = true;
        (visitor.from_start, visitor.from_bytes) = (chunk.start() as usize, chunk.words() * 8);
        visitor
    }

    /// As [`Visitor::end`]; what has moved was in use and marked before. Answers its words.
    pub(crate) fn end_evacuation(mut self, heap: &mut Heap) -> usize {
        let moved = std::mem::take(&mut self.done.promoted_words);
        self.old.marking.discount(moved, self.done.objects);
        self.end(heap);
        moved
    }

    /// Gives the heap back what the collection worked on.
    pub(crate) fn end(mut self, heap: &mut Heap) -> Done {
        self.old.rest();
        self.old.used_words += self.done.promoted_words;
        heap.over_budget |= self.over_budget;
        heap.remembered.append(&mut self.remembered);
        heap.old = Some(self.old);
        heap.sites = self.sites;
        self.done
    }
}

/// Empties the nursery. What survives is promoted, or waits in the survivor part. With `promotes_all`, nothing waits.
pub(crate) fn minor(heap: &mut Heap, promotes_all: bool, roots: &mut dyn Roots) -> Done {
    let remembered = std::mem::take(&mut heap.remembered);
    let mut visitor = Visitor::minor(heap, promotes_all);
    visitor.remembered.reserve(remembered.len().min(64));
    roots.visit(&mut visitor);
    visit_own_roots(heap, &mut visitor);
    for slot in remembered {
        // SAFETY: remembered slots lie in old or large objects, which minor collections do not move or free.
        unsafe {
            let field = slot.object.add(1 + slot.index as usize);
            let value = Value::from_bits(*field);
            if value.is_reference() {
                let value = visitor.forward(value);
                *field = value.bits();
                if visitor.is_young(value.address()) {
                    visitor.remembered.push(slot);
                }
            }
        }
    }
    for chunk in &heap.large[heap.young_large..] {
        // SAFETY: large objects are whole objects.
        unsafe { visitor.scan(chunk.start(), true) };
    }
    visitor.finish();
    weak::after_minor(heap, &mut visitor);
    let to_top = visitor.to_top;
    let done = visitor.end(heap);
    heap.young_large = heap.large.len();
    if let Some(nursery) = &mut heap.nursery {
        nursery.flip(to_top);
    }
    done
}

/// Marks everything that is reachable outside the nursery, and empties the nursery of the rest. The remembered set is made
/// anew, so that nothing lives by a reference from garbage. Marking has begun, and nothing is marked yet.
pub(crate) fn full(heap: &mut Heap, roots: &mut dyn Roots) -> Done {
    heap.remembered.clear();
    let mut visitor = Visitor::minor(heap, false);
    visitor.judges_old = true;
    roots.visit(&mut visitor);
    visit_own_roots(heap, &mut visitor);
    visitor.finish_all();
    weak::after_whole(heap, &mut visitor);
    let to_top = visitor.to_top;
    visitor.done.objects = visitor.old.marking.objects + visitor.done.kept_objects;
    let blobs = std::mem::take(&mut visitor.old.marking.blobs);
    let done = visitor.end(heap);
    heap.release_blobs(&blobs);
    if let Some(nursery) = &mut heap.nursery {
        nursery.flip(to_top);
    }
    done
}

/// Roots that the heap itself holds.
pub(crate) fn visit_own_roots(heap: &mut Heap, visitor: &mut Visitor) {
    heap.pinned.visit(visitor);
    if let Some(weak) = &mut heap.weak {
        weak.visit(visitor);
    }
}

/// Copies everything that is reachable and frees the rest.
pub(crate) fn whole(heap: &mut Heap, roots: &mut dyn Roots) -> Done {
    heap.remembered.clear();
    for chunk in &heap.large {
        // SAFETY: each chunk of `large` starts with the header of its object.
        unsafe { *chunk.start() = Header(*chunk.start()).with_mark(false).0 };
    }
    let mut visitor = Visitor::new(heap);
    visitor.old.unsweep();
    visitor.old.marking.clear();
    visitor.old.phase = Phase::Idle;
    let from: Vec<OldChunk> = visitor.old.empty();
    visitor.is_whole = true;
    visitor.from_bytes = usize::MAX;
    visitor.old_scan = visitor.old.top;
    roots.visit(&mut visitor);
    visit_own_roots(heap, &mut visitor);
    visitor.finish();
    weak::after_whole(heap, &mut visitor);
    let blobs = std::mem::take(&mut visitor.old.marking.blobs);
    let done = visitor.end(heap);
    heap.release_blobs(&blobs);
    drop(from);
    if let Some(nursery) = &mut heap.nursery {
        nursery.clear();
    }
    sweep_large(heap);
    done
}

/// Frees the large objects that have no mark, and takes the mark from the others.
pub(crate) fn sweep_large(heap: &mut Heap) {
    heap.large.retain(is_marked_large);
    for chunk in &heap.large {
        // SAFETY: each chunk of `large` starts with the header of its object.
        unsafe { *chunk.start() = Header(*chunk.start()).with_mark(false).0 };
    }
    heap.large_words = heap.large.iter().map(Chunk::words).sum();
    heap.young_large = heap.large.len();
}

fn is_marked_large(chunk: &Chunk) -> bool {
    // SAFETY: each chunk of `large` starts with the header of its object.
    Header(unsafe { *chunk.start() }).is_marked()
}
