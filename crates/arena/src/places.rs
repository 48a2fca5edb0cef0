//! Which object lies where, and its canonical number.
//!
//! 1. Objects that the roots reach are numbered breadth-first, in the order of roots and of fields; then come those that
//!    nothing reaches, in the order of addresses. The numbers of reachable objects do not depend on addresses. When nothing
//!    else is left, ephemerons whose key was reached lead to their values, in the order in which they were met.
//! 2. The order of addresses is kept as one bit per word, set where an object starts, with running counts: an address is
//!    turned into an object without a hash table, at about a sixtieth of the heap's own size.
//! 3. Nothing outside the heap's blocks is ever read through a reference of an unreachable object: such an object may
//!    refer to what is long gone.

mod bytes;

use crate::header::ObjectTag;
use crate::heap::Heap;
use crate::value::Value;
use crate::walk::{Block, Space, each_object};

/// An object that has no number yet, or none at all.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a word of a heap lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Which space.
    pub space: Space,
    /// Chunk, counted from 0 within its space.
    pub chunk: u32,
    /// Word in the chunk.
    pub word: u32,
}

#[derive(Debug)]
struct Extent {
    space: Space,
    chunk: u32,
    start: u64,
    words: usize,
    /// Bit of the first word.
    first_bit: usize,
}

/// Objects of a heap by address and by number.
#[derive(Debug)]
pub struct Places {
    extents: Vec<Extent>,
    /// Indices into `extents`, by address.
    sorted: Vec<u32>,
    bits: Vec<u64>,
    /// Objects before each word of `bits`.
    before: Vec<u32>,
    /// Numbers, in the order of addresses.
    numbers: Vec<u32>,
    reachable: u32,
}

/// The heap has more objects than there are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the heap has too many objects to be numbered")]
pub struct TooManyObjects;

impl Places {
    #[optimize(size)]
    fn of_blocks(blocks: &[Block]) -> Result<Places, TooManyObjects> {
        let mut extents: Vec<Extent> = Vec::with_capacity(blocks.len());
        let mut bit = 0;
        for block in blocks {
            let chunk = extents.iter().rev().find(|extent| extent.space == block.space);
            let chunk = chunk.map_or(0, |extent| extent.chunk + 1);
            let start = block.start as usize as u64;
            extents.push(Extent {
                space: block.space,
                chunk,
                start,
                words: block.used_words,
                first_bit: bit,
            });
            bit += block.used_words;
        }
        let mut sorted: Vec<u32> = (0..extents.len() as u32).collect();
        sorted.sort_unstable_by_key(|index| extents[*index as usize].start);
        let mut bits = vec![0_u64; bit.div_ceil(64)];
        for (block, extent) in blocks.iter().zip(&extents) {
            each_object(block, |at, object| {
                if block.holds(object.header()) {
                    let bit = extent.first_bit + at;
                    bits[bit / 64] |= 1 << (bit % 64);
                }
            });
        }
        let mut before = Vec::with_capacity(bits.len());
        let mut count = 0_u64;
        for word in &bits {
            before.push(count as u32);
            count += u64::from(word.count_ones());
        }
        if count >= u64::from(NONE) {
            return Err(TooManyObjects);
        }
        Ok(Places { extents, sorted, bits, before, numbers: vec![NONE; count as usize], reachable: 0 })
    }

    /// Index, in the order of addresses, of the object at `address`.
    #[optimize(size)]
    fn index(&self, address: u64) -> Option<usize> {
        let after = self.sorted.partition_point(|index| self.extents[*index as usize].start <= address);
        let extent = &self.extents[*self.sorted.get(after.checked_sub(1)?)? as usize];
        let word = ((address - extent.start) / 8) as usize;
        if word >= extent.words {
            return None;
        }
        let bit = extent.first_bit + word;
        let (group, mask) = (bit / 64, 1_u64 << (bit % 64));
        let starts = self.bits[group] & mask != 0;
        starts.then(|| (self.before[group] + (self.bits[group] & (mask - 1)).count_ones()) as usize)
    }

    /// The number of the object that a value refers to, if that is an object of the heap.
    #[inline]
    pub(crate) fn number(&self, value: Value) -> Option<u32> {
        if !value.is_reference() {
            return None;
        }
        self.index(value.address() as usize as u64).map(|index| self.numbers[index])
    }

    /// Objects in all.
    pub fn objects(&self) -> u32 {
        self.numbers.len() as u32
    }

    /// Objects that the roots reach; they have the numbers below.
    pub fn reachable(&self) -> u32 {
        self.reachable
    }

    /// The number of the object that a place lies in; free words have none.
    #[optimize(size)]
    pub fn number_at(&self, place: Place) -> Option<u32> {
        let extent =
            self.extents.iter().find(|extent| extent.space == place.space && extent.chunk == place.chunk)?;
        if place.word as usize >= extent.words {
            return None;
        }
        // The object is the last one that starts at or before the place, if it begins in the same chunk.
        let bit = extent.first_bit + place.word as usize;
        let upto = self.bits[bit / 64] & (u64::MAX >> (63 - bit % 64));
        let index = (self.before[bit / 64] + upto.count_ones()).checked_sub(1)?;
        let start = self.start_of(index as usize);
        (start >= extent.first_bit).then(|| self.numbers[index as usize])
    }

    /// The bit of object `index` in the order of addresses.
    fn start_of(&self, index: usize) -> usize {
        let group = self.before.partition_point(|before| *before as usize <= index) - 1;
        let mut word = self.bits[group];
        for _ in 0..index - self.before[group] as usize {
            word &= word - 1;
        }
        group * 64 + word.trailing_zeros() as usize
    }

    /// Where the object of this number lay. O(objects).
    #[optimize(size)]
    pub fn place(&self, number: u32) -> Option<Place> {
        let index = self.numbers.iter().position(|known| *known == number)?;
        let bit = self.start_of(index);
        let extent = self.extents.iter().rfind(|extent| extent.first_bit <= bit && extent.words > 0)?;
        Some(Place { space: extent.space, chunk: extent.chunk, word: (bit - extent.first_bit) as u32 })
    }
}

/// Objects of a heap in the order of their numbers.
pub(crate) struct Numbering {
    pub(crate) places: Places,
    pub(crate) objects: Vec<Value>,
}

impl Numbering {
    /// Numbers the objects of a heap. O(words), iterative.
    #[optimize(size)]
    pub(crate) fn new(heap: &Heap, roots: impl Iterator<Item = Value>) -> Result<Numbering, TooManyObjects> {
        let blocks = heap.blocks();
        let places = Places::of_blocks(&blocks)?;
        let objects = Vec::with_capacity(places.numbers.len());
        let mut numbering = Numbering { places, objects };
        for root in roots {
            numbering.meet(root);
        }
        numbering.follow();
        numbering.places.reachable = numbering.objects.len() as u32;
        for block in &blocks {
            each_object(block, |_, object| {
                if block.holds(object.header()) {
                    numbering.meet(object);
                }
            });
        }
        Ok(numbering)
    }

    fn meet(&mut self, value: Value) {
        if value.is_reference()
            && let Some(index) = self.places.index(value.address() as usize as u64)
            && self.places.numbers[index] == NONE
        {
            self.places.numbers[index] = self.objects.len() as u32;
            self.objects.push(value);
        }
    }

    /// Meets everything that the roots reach.
    #[optimize(size)]
    fn follow(&mut self) {
        let mut next = 0;
        let mut ephemerons: Vec<Value> = Vec::new();
        loop {
            while let Some(object) = self.objects.get(next).copied() {
                next += 1;
                let tag = object.header().tag();
                if tag == ObjectTag::Ephemeron {
                    ephemerons.push(object);
                }
                if !tag.is_raw() {
                    object.fields().iter().for_each(|field| self.meet(*field));
                }
            }
            ephemerons.retain(|ephemeron| {
                let waits = self.places.number(ephemeron.field(0)) == Some(NONE);
                if !waits {
                    self.meet(ephemeron.field(1));
                }
                waits
            });
            if next == self.objects.len() {
                return;
            }
        }
    }
}

impl Heap {
    /// Shows every object that `roots` and what was pinned reach. Changes nothing. O(words).
    ///
    /// # Errors
    /// [`TooManyObjects`] beyond 2^32 - 2 objects.
    #[optimize(size)]
    pub fn each_reachable(&self, roots: &[Value], visit: impl FnMut(Value)) -> Result<(), TooManyObjects> {
        let roots = roots.iter().copied().chain(self.own_roots().map(|(value, _)| value));
        let Numbering { places, mut objects } = Numbering::new(self, roots)?;
        objects.truncate(places.reachable as usize);
        objects.into_iter().for_each(visit);
        Ok(())
    }
}

impl Places {
    /// Calls `visit` with the fields of an object that keep an object of the heap alive, and that object's number.
    #[optimize(size)]
    pub(crate) fn each_edge(&self, object: Value, mut visit: impl FnMut(u32, u32)) {
        let tag = object.header().tag();
        if tag == ObjectTag::Ephemeron {
            if self.is_reached(object.field(0))
                && let Some(end) = self.number(object.field(1))
            {
                visit(1, end);
            }
        } else if !tag.is_raw() {
            for (index, field) in object.fields().iter().enumerate() {
                if let Some(end) = self.number(*field) {
                    visit(index as u32, end);
                }
            }
        }
    }

    /// Is a value reached from the roots, or no object of the heap at all?
    pub(crate) fn is_reached(&self, value: Value) -> bool {
        self.number(value).is_none_or(|number| number < self.reachable)
    }
}
