//! Compacting a large heap in slices: chunks that hold little are emptied one by one, and given back.
//!
//! The sweep after a cycle that began in a loose heap picks sparse chunks and keeps their holes out of the free lists. While
//! the next cycle marks, every old slot that refers into them is noted (by marking, promotion and the write barrier). When
//! marking is over, each slice moves what is marked in one chunk or a few into free blocks elsewhere, and
//! sets right the slots that were noted, the roots, the nursery and the weak objects. This is the incremental compaction
//! of Detlefs and others, "Garbage-first garbage collection", 2004, with remembered slots that live for one cycle.
//!
//! 1. From the beginning of marking until a chunk was emptied, every slot of an old or large object that is live and refers
//!    into it is among its slots, or the chunk stays where it is.
//! 2. Nothing is allocated in these chunks.
//! 3. Emptied chunks are kept until the last one was emptied, with forwarding references in place of headers, so that an
//!    address means one thing for that long. Slots in them are stale: what they held was noted again where it has moved to.
//! 4. While chunks are emptied, objects of the old space without a mark are garbage, and their fields may lead nowhere.

use crate::budget::Chunk;
use crate::collect::{self, Roots, Visitor};
use crate::cycle::Pause;
use crate::header::Header;
use crate::heap::{Heap, Slot};
use crate::mark::Phase;
use crate::value::Value;
use crate::weak;

/// A chunk with more slots that refer into it stays where it is.
const SLOTS_MAX: usize = 1 << 15;
/// Most entries of the table of addresses.
const TABLE_MAX: usize = 1 << 16;
/// What moving a word costs, counted as words of marking, and what setting a slot right costs.
const MOVE_COST: usize = 8;
const SLOT_COST: usize = 16;
const NONE: u16 = u16::MAX;

/// A chunk that is to be emptied.
#[derive(Debug)]
struct Leaving {
    start: usize,
    bytes: usize,
    slots: Vec<Slot>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It will be emptied.
    Waiting,
    /// Too many slots refer into it.
    Staying,
    /// It was emptied.
    Empty,
}

/// The chunks of one cycle.
#[derive(Debug)]
pub(crate) struct Evacuation {
    /// By address.
    leaving: Vec<Leaving>,
    /// For each stretch of addresses from `base`, the first chunk that has some of them; those that follow may, too.
    table: Vec<u16>,
    base: usize,
    /// Length of a stretch, as a power of two.
    shift: u32,
    /// The order in which they are emptied: addresses decide nothing.
    order: Vec<u16>,
    /// Index into `order` of the next one to be emptied.
    next: usize,
    /// Emptied chunks.
    empty: Vec<Chunk>,
}

impl Evacuation {
    /// Is to empty chunks of these starts and words; `None` if there are none.
    pub(crate) fn of(chunks: impl Iterator<Item = (*mut u64, usize)>) -> Option<Box<Evacuation>> {
        let mut leaving: Vec<Leaving> = chunks
            .take(usize::from(NONE))
            .map(|(start, words)| Leaving {
                start: start as usize,
                bytes: words * 8,
                slots: Vec::new(),
                state: State::Waiting,
            })
            .collect();
        let starts: Vec<usize> = leaving.iter().map(|chunk| chunk.start).collect();
        leaving.sort_unstable_by_key(|chunk| chunk.start);
        let place = |start: &usize| leaving.partition_point(|chunk| chunk.start < *start) as u16;
        let order = starts.iter().map(place).collect();
        let base = leaving.first()?.start;
        let end = leaving.last().map_or(base, |chunk| chunk.start + chunk.bytes);
        let shift = leaving.iter().map(|chunk| chunk.bytes).min()?.ilog2();
        let shift = shift.max(((end - base) / TABLE_MAX + 1).next_power_of_two().ilog2());
        let mut table = vec![NONE; ((end - base) >> shift) + 1];
        for (index, chunk) in leaving.iter().enumerate().rev() {
            let stretches = (chunk.start - base) >> shift..=(chunk.start + chunk.bytes - 1 - base) >> shift;
            table[stretches].fill(index as u16);
        }
        Some(Box::new(Evacuation { leaving, table, base, shift, order, next: 0, empty: Vec::new() }))
    }

    #[inline(always)]
    fn find(&self, address: *mut u64) -> Option<usize> {
        let stretch = (address as usize).wrapping_sub(self.base) >> self.shift;
        let first = *self.table.get(stretch)?;
        if first == NONE {
            return None;
        }
        let address = address as usize;
        let mut found = first as usize;
        // Stretches are no longer than a chunk, unless chunks lie very far apart.
        while let Some(chunk) = self.leaving.get(found).filter(|chunk| chunk.start <= address) {
            if address - chunk.start < chunk.bytes {
                return Some(found);
            }
            found += 1;
        }
        None
    }

    /// The field of an old or large object refers to `value`.
    #[inline(always)]
    pub(crate) fn note(&mut self, object: *mut u64, index: usize, value: Value) {
        if let Some(found) = self.find(value.address()) {
            let chunk = &mut self.leaving[found];
            if chunk.state == State::Waiting {
                chunk.slots.push(Slot { object, index: index as u32 });
                if chunk.slots.len() > SLOTS_MAX {
                    chunk.state = State::Staying;
                    chunk.slots = Vec::new();
                }
            }
        }
    }

    /// Must a live object's reference to this address be among the slots?
    pub(crate) fn is_leaving(&self, address: *mut u64) -> bool {
        self.find(address).is_some_and(|found| self.leaving[found].state == State::Waiting)
    }

    /// Every slot that was noted, for checks.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.leaving.iter().flat_map(|chunk| chunk.slots.iter().copied())
    }

    /// Chunks that are still to be emptied.
    pub(crate) fn waiting(&self) -> usize {
        let left = self.order[self.next..].iter().map(|index| &self.leaving[usize::from(*index)]);
        left.filter(|chunk| chunk.state == State::Waiting).count()
    }

    fn is_empty_now(&self, address: *mut u64) -> bool {
        self.find(address).is_some_and(|found| self.leaving[found].state == State::Empty)
    }

    /// The next chunk to be emptied: where it starts, and its slots that are not stale.
    fn take_next(&mut self) -> Option<(usize, Vec<Slot>)> {
        while let Some(index) = self.order.get(self.next) {
            let chunk = &mut self.leaving[usize::from(*index)];
            self.next += 1;
            if chunk.state == State::Waiting {
                chunk.state = State::Empty;
                let (start, mut slots) = (chunk.start, std::mem::take(&mut chunk.slots));
                // What leads from one emptied chunk to another was noted again. So was what leads from this one to itself.
                slots.retain(|slot| !self.is_empty_now(slot.object));
                return Some((start, slots));
            }
        }
        None
    }
}

/// Empties chunks until about `budget` words of marking were spent; answers whether that was the last one. The nursery's
/// eden is empty.
pub(crate) fn evacuate(heap: &mut Heap, budget: usize, pause: &mut Pause, roots: &mut dyn Roots) -> bool {
    debug_assert_eq!(heap.phase(), Phase::Evacuating);
    let mut spent = 0;
    while spent < budget {
        let Some(old) = &mut heap.old else { return true };
        let Some((start, slots)) = old.evacuation.as_mut().and_then(|evacuation| evacuation.take_next())
        else {
            old.evacuation = None;
            return true;
        };
        let Some(chunk) = old.withdraw(start) else { continue };
        let moved = empty(heap, &chunk, &slots, roots);
        spent += moved * MOVE_COST + slots.len() * SLOT_COST;
        pause.moved(moved);
        if let Some(evacuation) = heap.old.as_mut().and_then(|old| old.evacuation.as_mut()) {
            evacuation.empty.push(chunk);
        }
    }
    false
}

/// Moves what is marked out of a chunk, and sets right whatever refers to it. Answers the words moved.
fn empty(heap: &mut Heap, chunk: &Chunk, slots: &[Slot], roots: &mut dyn Roots) -> usize {
    let mut visitor = Visitor::evacuator(heap, chunk);
    let mut at = chunk.start();
    while at < chunk.end() {
        // SAFETY: chunks are tiled; the length is read before the header gives way to a forwarding reference.
        unsafe {
            let header = Header(*at);
            if header.is_marked() {
                visitor.forward(Value::reference(at));
            }
            at = at.add(header.words() + 1);
        }
    }
    visitor.finish();
    for slot in slots {
        // SAFETY: holders were live when marking ended, and nothing was freed since; they did not move, or the slot would be
        // stale.
        unsafe {
            let field = slot.object.add(1 + slot.index as usize);
            let mut value = Value::from_bits(*field);
            visitor.value(&mut value);
            *field = value.bits();
        }
    }
    roots.visit(&mut visitor);
    collect::visit_own_roots(heap, &mut visitor);
    if let Some(nursery) = &heap.nursery {
        let mut at = nursery.survivors_start();
        while at < nursery.survivors_top {
            // SAFETY: survivors lie one after the other.
            unsafe {
                visitor.scan(at, false);
                at = at.add(Header(*at).words() + 1);
            }
        }
    }
    weak::after_evacuation(heap, &visitor);
    let addresses = chunk.start() as usize..chunk.end() as usize;
    // Those of objects that have moved were remembered again.
    heap.remembered.retain(|slot| !addresses.contains(&(slot.object as usize)));
    visitor.end_evacuation(heap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_chunks_of_any_sizes_and_places() {
        let place = |word: usize| (word * 8) as *mut u64;
        // Neighbours, a gap, a chunk that begins in the middle of a stretch, a large one.
        let chunks = [(1_000, 64), (1_064, 100), (1_300, 64), (1_500, 700)];
        let found = Evacuation::of(chunks.iter().rev().map(|(start, words)| (place(*start), *words)));
        let evacuation = found.expect("there are chunks");
        for word in 900..2_300 {
            let expected = chunks.iter().position(|(start, words)| (*start..start + words).contains(&word));
            assert_eq!(evacuation.find(place(word)), expected, "word {word}");
        }
        assert!(Evacuation::of(std::iter::empty()).is_none());
    }

    #[test]
    fn chunks_very_far_apart_are_found_and_emptied_in_the_order_given() {
        let (near, far) = (1_usize << 20, (1_usize << 20) + (TABLE_MAX << 12));
        let starts = [far, near, far + 512, near + 4_096];
        let chunks = starts.iter().map(|start| (*start as *mut u64, 64));
        let mut evacuation = Evacuation::of(chunks).expect("there are chunks");
        assert!(evacuation.table.len() <= TABLE_MAX + 1);
        for start in starts {
            assert!(
                evacuation.is_leaving(start as *mut u64) && evacuation.is_leaving((start + 504) as *mut u64)
            );
        }
        for other in [near + 512, far - 8, far + 1_024] {
            assert!(!evacuation.is_leaving(other as *mut u64));
        }
        let order: Vec<usize> =
            std::iter::from_fn(|| evacuation.take_next().map(|(start, _)| start)).collect();
        assert_eq!(order, starts);
    }

    #[test]
    fn a_chunk_with_many_slots_stays() {
        let near = 1_usize << 20;
        let mut evacuation =
            Evacuation::of(std::iter::once((near as *mut u64, 64))).expect("there is a chunk");
        let value = Value::reference(near as *mut u64);
        (0..SLOTS_MAX).for_each(|index| evacuation.note(std::ptr::null_mut(), index, value));
        assert_eq!((evacuation.waiting(), evacuation.slots().count()), (1, SLOTS_MAX));
        evacuation.note(std::ptr::null_mut(), SLOTS_MAX, value);
        assert_eq!((evacuation.waiting(), evacuation.slots().count()), (0, 0));
        evacuation.note(std::ptr::null_mut(), 0, value);
        assert_eq!(evacuation.slots().count(), 0);
        assert!(evacuation.take_next().is_none());
    }
}
