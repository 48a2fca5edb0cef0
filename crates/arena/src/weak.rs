//! Weak references, ephemerons and guardians.
//!
//! A *weak reference* does not keep its object alive. An *ephemeron* keeps its value alive for as long as its key lives by
//! other means (Hayes, "Ephemerons: a new finalization mechanism", 1997). A *guardian* hands back objects that were
//! registered with it and that nothing else refers to any more (Dybvig, Bruggeman, Eby, "Guardians in a generation-based
//! garbage collector", 1993). Objects that a guardian hands back keep their weak references and ephemerons.
//!
//! 1. The heap lists every weak reference and ephemeron: with the young ones if it, or what it refers to, may be young.
//!    Collections of the nursery look at those only.
//! 2. They are written by their constructors and by the collector only, so that no barrier is needed.
//! 3. After each collection, no live weak reference or ephemeron refers to an object that is gone.
//! 4. What guardians know of is outside the heap's spaces; how much that may be follows from the heap's limit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::collect::{Roots, Visitor};
use crate::error::HeapError;
use crate::header::ObjectTag;
use crate::heap::Heap;
use crate::value::Value;

/// An object that waits for its last reference to go.
#[derive(Clone, Copy, Debug)]
struct Guarded {
    object: Value,
    guardian: u64,
}

/// What a heap knows of its weak objects.
#[derive(Debug, Default)]
pub(crate) struct Weak {
    young: Vec<Value>,
    old: Vec<Value>,
    guardians: Vec<(Value, u64)>,
    guardians_made: u64,
    guarded_young: Vec<Guarded>,
    guarded_old: Vec<Guarded>,
    /// Objects that nothing else refers to, by guardian, oldest first.
    ready: BTreeMap<u64, VecDeque<Value>>,
    /// How many these are.
    ready_objects: usize,
}

/// Key, value, and 1 once the key is gone.
const EPHEMERON_WORDS: usize = 3;
/// One object can be registered with guardians for so many words that the heap may hold.
const WORDS_PER_GUARDED: usize = 16;
/// … and so many in the smallest heap.
const GUARDED_MIN: usize = 64;

impl Heap {
    fn weak(&mut self) -> &mut Weak {
        self.weak.get_or_insert_default()
    }

    /// Makes a weak reference to `object`.
    ///
    /// # Errors
    /// [`HeapError`] if there is no room.
    pub fn make_weak_reference<R: Roots>(
        &mut self,
        object: Value,
        roots: &mut R,
    ) -> Result<Value, HeapError> {
        let mut held = Held { values: [object], roots };
        self.reserve(2, &mut held)?;
        let reference = self.alloc(ObjectTag::WeakReference, 1);
        reference.init_field(0, held.values[0]);
        self.weak().young.push(reference);
        Ok(reference)
    }

    /// Makes an ephemeron: `value` lives as long as `key`. Once the key is gone, both fields are `#f`, and the ephemeron is
    /// broken.
    ///
    /// # Errors
    /// [`HeapError`] if there is no room.
    pub fn make_ephemeron<R: Roots>(
        &mut self,
        key: Value,
        value: Value,
        roots: &mut R,
    ) -> Result<Value, HeapError> {
        let mut held = Held { values: [key, value], roots };
        self.reserve(EPHEMERON_WORDS + 1, &mut held)?;
        let ephemeron = self.alloc(ObjectTag::Ephemeron, EPHEMERON_WORDS);
        ephemeron.init_field(0, held.values[0]);
        ephemeron.init_field(1, held.values[1]);
        ephemeron.init_field(2, Value::ZERO);
        self.weak().young.push(ephemeron);
        Ok(ephemeron)
    }

    /// Makes a guardian.
    ///
    /// # Errors
    /// [`HeapError`] if there is no room.
    pub fn make_guardian<R: Roots>(&mut self, roots: &mut R) -> Result<Value, HeapError> {
        self.reserve(2, roots)?;
        let guardian = self.alloc(ObjectTag::Guardian, 1);
        let weak = self.weak();
        weak.guardians_made += 1;
        let number = weak.guardians_made;
        weak.guardians.push((guardian, number));
        guardian.set_raw(0, number);
        Ok(guardian)
    }

    /// Was the ephemeron's key found to be gone?
    pub fn is_broken(ephemeron: Value) -> bool {
        debug_assert!(ephemeron.is_object(ObjectTag::Ephemeron));
        ephemeron.field(2) != Value::ZERO
    }

    /// Registers `object` with a guardian of this heap. An object may be registered more than once. What never goes is not
    /// registered at all.
    ///
    /// # Errors
    /// [`GuardiansFull`] when as many objects are registered as a heap of this limit may have.
    pub fn guard(&mut self, guardian: Value, object: Value) -> Result<(), GuardiansFull> {
        debug_assert!(guardian.is_object(ObjectTag::Guardian));
        if !object.is_reference() || object.header().is_of_program() {
            return Ok(());
        }
        let limit = (self.settings.words_max / WORDS_PER_GUARDED).max(GUARDED_MIN);
        let weak = self.weak();
        if weak.guarded() >= limit {
            return Err(GuardiansFull { limit });
        }
        weak.guarded_young.push(Guarded { object, guardian: guardian.raw(0) });
        Ok(())
    }

    /// The object that was registered with `guardian` and has been without references longest, if there is one.
    pub fn next_guarded(&mut self, guardian: Value) -> Option<Value> {
        let weak = self.weak.as_mut()?;
        let waiting = weak.ready.get_mut(&guardian.raw(0))?;
        let object = waiting.pop_front();
        weak.ready_objects -= usize::from(object.is_some());
        if waiting.is_empty() {
            weak.ready.remove(&guardian.raw(0));
        }
        object
    }
}

/// As many objects wait for their last reference to go as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} objects are registered with guardians and not handed back, which is the limit")]
pub struct GuardiansFull {
    /// The limit, objects.
    pub limit: usize,
}

/// Values that are held across a reservation beside the mutator's own roots.
struct Held<'a, const N: usize> {
    values: [Value; N],
    roots: &'a mut dyn Roots,
}

impl<const N: usize> Roots for Held<'_, N> {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(&mut self.values);
        self.roots.visit(visitor);
    }

    fn site(&self) -> u32 {
        self.roots.site()
    }
}

impl Heap {
    /// Objects that wait for somebody to fetch them from their guardian.
    pub(crate) fn waiting_in_guardians(&self) -> impl Iterator<Item = Value> {
        self.weak.iter().flat_map(|weak| weak.ready.values().flatten().copied())
    }

    /// Tends a weak reference or an ephemeron that has come from elsewhere, like one that was made here.
    pub(crate) fn adopt_weak(&mut self, object: Value) {
        self.weak().young.push(object);
    }
}

impl Weak {
    /// Objects that are registered, or wait to be fetched.
    fn guarded(&self) -> usize {
        self.guarded_young.len() + self.guarded_old.len() + self.ready_objects
    }

    /// Objects that wait to be fetched are roots.
    pub(crate) fn visit(&mut self, visitor: &mut Visitor) {
        for waiting in self.ready.values_mut() {
            waiting.make_contiguous();
            visitor.values(waiting.as_mut_slices().0);
        }
    }

    /// Hands to their guardians what only they know of.
    fn tend_guardians(&mut self, visitor: &mut Visitor, of_all: bool) {
        self.guardians.retain_mut(|(guardian, _)| {
            let lives = visitor.is_live(*guardian);
            *guardian = visitor.place_of(*guardian);
            lives
        });
        let known: BTreeSet<u64> = self.guardians.iter().map(|(_, number)| *number).collect();
        self.ready.retain(|number, _| known.contains(number));
        let mut guarded = std::mem::take(&mut self.guarded_young);
        if of_all {
            guarded.append(&mut self.guarded_old);
        }
        guarded.retain(|entry| known.contains(&entry.guardian));
        // First it is decided what lives: an object that is handed back may refer to another one.
        let (living, gone): (Vec<Guarded>, Vec<Guarded>) =
            guarded.into_iter().partition(|entry| visitor.is_live(entry.object));
        for mut entry in living {
            entry.object = visitor.place_of(entry.object);
            let young = visitor.is_in_nursery(entry.object);
            if young { self.guarded_young.push(entry) } else { self.guarded_old.push(entry) }
        }
        for mut entry in gone {
            visitor.value(&mut entry.object);
            self.ready.entry(entry.guardian).or_default().push_back(entry.object);
        }
        self.ready_objects = self.ready.values().map(VecDeque::len).sum();
        visitor.finish_all();
    }

    /// Clears what refers to objects that are gone, and forgets weak objects that are gone themselves.
    fn clear(&mut self, visitor: &mut Visitor, of_all: bool) {
        let mut all = std::mem::take(&mut self.young);
        if of_all {
            all.append(&mut self.old);
        }
        for object in all {
            if !visitor.is_live(object) {
                continue;
            }
            let at = visitor.place_of(object);
            let is_ephemeron = at.header().is(ObjectTag::Ephemeron);
            let mut target = at.field(0);
            let mut young = visitor.is_in_nursery(at);
            if visitor.is_live(target) {
                target = visitor.place_of(target);
                young |= visitor.is_in_nursery(target) || is_ephemeron && visitor.is_in_nursery(at.field(1));
            } else {
                target = Value::FALSE;
                if is_ephemeron {
                    at.init_field(1, Value::FALSE);
                    at.init_field(2, Value::fixnum(1));
                }
            }
            at.init_field(0, target);
            if young { self.young.push(at) } else { self.old.push(at) }
        }
    }

    #[optimize(size)]
    fn tend(&mut self, visitor: &mut Visitor, of_all: bool) {
        // What ephemerons keep is not for guardians; what guardians hand back may be the key of one.
        let old: &[Value] = if of_all { &self.old } else { &[] };
        let mut open: Vec<Value> = self.young.iter().chain(old).copied().collect();
        tend_ephemerons(&mut open, visitor);
        self.tend_guardians(visitor, of_all);
        tend_ephemerons(&mut open, visitor);
        self.clear(visitor, of_all);
    }
}

/// Keeps the values of ephemerons whose key lives, until no more turn up; takes them off `open`, so that no value is
/// followed twice.
#[optimize(size)]
fn tend_ephemerons(open: &mut Vec<Value>, visitor: &mut Visitor) {
    loop {
        let before = open.len();
        open.retain(|object| {
            if !visitor.is_live(*object) {
                return true;
            }
            let at = visitor.place_of(*object);
            let is_ephemeron = at.header().is(ObjectTag::Ephemeron);
            if is_ephemeron && !visitor.is_live(at.field(0)) {
                return true;
            }
            if is_ephemeron {
                let mut value = at.field(1);
                visitor.value(&mut value);
                at.init_field(1, value);
            }
            false
        });
        if open.len() == before {
            return;
        }
        visitor.finish_all();
    }
}

/// After a collection of the nursery has found everything that lives.
pub(crate) fn after_minor(heap: &mut Heap, visitor: &mut Visitor) {
    tend(heap, visitor, false);
}

/// After everything that is reachable was copied, or marked.
pub(crate) fn after_whole(heap: &mut Heap, visitor: &mut Visitor) {
    tend(heap, visitor, true);
}

/// After chunks were emptied: everything that refers into them follows.
pub(crate) fn after_evacuation(heap: &mut Heap, visitor: &Visitor) {
    let Some(weak) = &mut heap.weak else { return };
    for object in weak.young.iter_mut().chain(&mut weak.old) {
        *object = visitor.place_of(*object);
        let fields = if object.header().is(ObjectTag::Ephemeron) { 2 } else { 1 };
        (0..fields).for_each(|index| object.init_field(index, visitor.place_of(object.field(index))));
    }
    weak.guardians.iter_mut().for_each(|(guardian, _)| *guardian = visitor.place_of(*guardian));
    for entry in weak.guarded_young.iter_mut().chain(&mut weak.guarded_old) {
        entry.object = visitor.place_of(entry.object);
    }
}

#[optimize(size)]
fn tend(heap: &mut Heap, visitor: &mut Visitor, of_all: bool) {
    if let Some(mut weak) = heap.weak.take() {
        weak.tend(visitor, of_all);
        heap.weak = Some(weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::heap::HeapSettings;

    fn heap() -> Heap {
        Heap::new(HeapSettings::new(4_096, Budget::new(1 << 24), || 0.0))
    }

    #[test]
    fn an_ephemeron_is_broken_when_its_key_is_gone_and_not_when_its_key_is_false() {
        let mut heap = heap();
        let mut roots = vec![Value::NIL; 2];
        heap.reserve(3, &mut roots).expect("room");
        let key = heap.cons(Value::NIL, Value::NIL);
        roots[0] = heap.make_ephemeron(key, Value::fixnum(1), &mut roots).expect("room");
        roots[1] = heap.make_ephemeron(Value::FALSE, Value::FALSE, &mut roots).expect("room");
        assert!(!Heap::is_broken(roots[0]) && !Heap::is_broken(roots[1]));
        heap.collect(true, &mut roots);
        assert!(Heap::is_broken(roots[0]) && !Heap::is_broken(roots[1]));
        heap.collect(true, &mut roots);
        assert!(Heap::is_broken(roots[0]) && roots[0].field(1) == Value::FALSE);
    }

    #[test]
    fn guardians_know_of_a_bounded_number_of_objects() {
        let mut heap = heap();
        let mut roots = vec![Value::NIL; 2];
        roots[0] = heap.make_guardian(&mut roots).expect("room");
        heap.reserve(3, &mut roots).expect("room");
        roots[1] = heap.cons(Value::NIL, Value::NIL);
        let limit = 4_096 / WORDS_PER_GUARDED;
        for _ in 0..limit {
            assert_eq!(heap.guard(roots[0], roots[1]), Ok(()));
        }
        assert_eq!(heap.guard(roots[0], roots[1]), Err(GuardiansFull { limit }));
        roots[1] = Value::NIL;
        heap.collect(true, &mut roots);
        roots[1] = heap.next_guarded(roots[0]).expect("it is handed back as often as it was registered");
        assert_eq!(heap.guard(roots[0], roots[1]), Ok(()));
        assert!(heap.guard(roots[0], roots[1]).is_err());
        while heap.next_guarded(roots[0]).is_some() {}
        assert_eq!(heap.guard(roots[0], roots[1]), Ok(()));
        // What a guardian has that is gone itself does not count.
        roots[0] = Value::NIL;
        heap.collect(true, &mut roots);
        roots[0] = heap.make_guardian(&mut roots).expect("room");
        for _ in 0..limit {
            assert_eq!(heap.guard(roots[0], roots[1]), Ok(()));
        }
    }
}
