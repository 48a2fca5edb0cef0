//! Heap images: a heap and what holds it as plain data, as bytes, and back.
//!
//! An image has the *live* part, everything that the roots reach, whole, in a canonical form; and of the *rest*, which
//! nothing reaches, only types, sizes and references.
//!
//! 1. Live objects are numbered as [`Places`] says, and lie in `words` in that order, header before payload.
//! 2. A payload word of a traced object, or of a weak one, is a value as in a heap, but for references: `101` and a number for
//!    an object of the image, `111` and an index into `names` for a shared object, `001` and such an index for an address (of
//!    code). The words of raw objects are as they are; machines are little-endian. A blob is a literal bytevector.
//! 3. Nothing in the live part depends on addresses or on collections but the ages of objects, which are not hashed, and
//!    strings and bytevectors that a primitive is in the middle of filling.
//! 4. If it was tracked who made the objects, the image says so beside them, in a part of its own, which is not hashed.
//! 5. An image that was read is as good as one that was taken: [`Image::read`] checks whatever this module relies on.

mod bytes;
mod check;
mod checksum;
mod restore;

use std::collections::HashMap;

use crate::error::HeapError;
use crate::graph::{Edges, GraphRoot, HeapGraph};
use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::pinned::Root;
use crate::places::{NONE, Numbering, Places, TooManyObjects};
use crate::value::Value;
use crate::words::{WordMap, WordSet};

/// What an image needs to know of things outside of the heap: how shared objects and addresses are called, and which words
/// are addresses.
pub trait Surroundings {
    /// The name of a shared object, the same wherever the same program is loaded.
    fn name_of_shared(&self, object: Value) -> Option<String>;

    /// The name of an address that an object holds, the same wherever the same program is loaded.
    fn name_of_address(&self, word: u64) -> Option<String>;

    /// Calls `note` with each payload word that is an address and that is found from `object`, in it or in others; `note`
    /// answers whether that is news. Closures' first words are known.
    fn addresses(&self, object: Value, note: &mut dyn FnMut(Value, usize) -> bool);

    /// As [`Surroundings::addresses`], for what is found from the roots.
    fn root_addresses(&self, note: &mut dyn FnMut(Value, usize) -> bool);

    /// The place that a site of the heap stands for, if that is known: see [`Heap::site_of`].
    fn place_of_site(&self, _site: u32) -> Option<ImageSite> {
        None
    }
}

/// What an image needs to be brought back: what the names stand for here.
pub trait Resolver {
    /// The shared object of this name.
    fn shared(&self, name: &str) -> Option<Value>;

    /// The address of this name, aligned to 8 bytes.
    fn address(&self, name: &str) -> Option<u64>;

    /// Is an object that was read as it must be? It and what it refers to have the sizes of their types.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, object: Value) -> Result<(), String>;
}

/// Why there is no image, or no heap from one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes are something else.
    #[error(
        "this is no heap image: it does not begin as one; `physics run --heap-snapshot FILE` writes them"
    )]
    NotAnImage,
    /// Made by another version.
    #[error("the heap image has version {found}, and this machine reads version {expected}: take it again")]
    Version {
        /// Of the image.
        found: u8,
        /// Of this machine.
        expected: u8,
    },
    /// There should be more or fewer bytes.
    #[error(
        "the heap image has {found} bytes and should have {expected}: part of it is missing or was added; copy it again"
    )]
    Length {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The bytes are not those that were written.
    #[error(
        "the heap image is damaged: its checksum is {found:08x} and should be {expected:08x}; copy it again"
    )]
    Checksum {
        /// Of what is there.
        found: u32,
        /// Of what was written.
        expected: u32,
    },
    /// The bytes do not make sense.
    #[error("the heap image is corrupted at byte {at}: {what}")]
    Corrupted {
        /// Where.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// More words than the taker allows.
    #[error("the heap has {words} words, and an image may have {words_max}")]
    TooLarge {
        /// Words that there are.
        words: u64,
        /// The bound.
        words_max: u64,
    },
    /// More objects than there are numbers.
    #[error(transparent)]
    TooManyObjects(#[from] TooManyObjects),
    /// Something outside of the heap has no name.
    #[error("{0} has no name outside of its process, so that no image can hold it")]
    Nameless(&'static str),
    /// The program that the image belongs to is not loaded.
    #[error(
        "the image refers to `{0}`, which the loaded program does not have: load the program that it was taken of"
    )]
    Absent(String),
    /// An object that cannot be brought back.
    #[error("object {object} of the image cannot be brought back: {what}")]
    Object {
        /// Its number.
        object: u32,
        /// Why.
        what: String,
    },
    /// The heap has no room.
    #[error(transparent)]
    Heap(#[from] HeapError),
}

/// A place of a program that makes objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageSite {
    /// File, or what else there is to say of a place without a line.
    pub file: String,
    /// Line, from 1; 0 if there is none.
    pub line: u32,
}

/// Who made the objects of an image, if that was tracked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageSites {
    /// In the order of their first objects.
    places: Vec<ImageSite>,
    /// By object: index into `places`, or [`NONE`].
    of: Vec<u32>,
}

/// Where an image is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRoot {
    /// Where.
    pub description: String,
    /// What, as in invariant 2.
    word: u64,
}

/// A part of an object of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImagePart<'a> {
    /// No reference.
    Immediate(Value),
    /// An object of the image.
    Object(u32),
    /// Something outside, by name: a shared object or an address.
    Named(&'a str),
}

/// A heap as plain data. See the module's invariants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// What it is of, for people.
    pub title: String,
    names: Vec<String>,
    roots: Vec<ImageRoot>,
    /// Identity numbers that the heap had drawn.
    identities: u64,
    words: Vec<u64>,
    /// Index of each live object's header in `words`.
    starts: Vec<u32>,
    /// Headers of what nothing reaches.
    rest: Vec<u64>,
    rest_edges: Edges,
    sites: Option<ImageSites>,
}

pub(crate) const TAG_MASK: u64 = 7;
pub(crate) const NAMED_ADDRESS: u64 = 1;
pub(crate) const OBJECT: u64 = 5;
pub(crate) const NAMED: u64 = 7;

/// Index that a reference of an image holds.
const fn index_of(word: u64) -> u64 {
    word >> 3
}

/// Names in the order of their first use.
struct Names<'a> {
    surroundings: &'a dyn Surroundings,
    names: Vec<String>,
    /// By the word that is named.
    known: WordMap<u64, u32>,
}

impl Names<'_> {
    fn index(&mut self, word: u64, name: impl FnOnce(&dyn Surroundings) -> Option<String>) -> Option<u64> {
        if let Some(index) = self.known.get(&word) {
            return Some(u64::from(*index));
        }
        let index = self.names.len() as u32;
        self.names.push(name(self.surroundings)?);
        self.known.insert(word, index);
        Some(u64::from(index))
    }

    fn shared(&mut self, object: Value) -> Result<u64, ImageError> {
        let name = |surroundings: &dyn Surroundings| surroundings.name_of_shared(object);
        let index =
            self.index(object.bits(), name).ok_or(ImageError::Nameless("an object of the program"))?;
        Ok(index << 3 | NAMED)
    }

    fn address(&mut self, word: u64) -> Result<u64, ImageError> {
        let name = |surroundings: &dyn Surroundings| surroundings.name_of_address(word);
        let index = self.index(word, name).ok_or(ImageError::Nameless("an address of code"))?;
        Ok(index << 3 | NAMED_ADDRESS)
    }

    fn value(&mut self, value: Value, places: &Places) -> Result<u64, ImageError> {
        if !value.is_reference() {
            return Ok(value.bits());
        }
        match places.number(value) {
            Some(number) => Ok(u64::from(number) << 3 | OBJECT),
            None => self.shared(value),
        }
    }
}

impl Image {
    /// The image of a heap that `roots` hold, and where its objects lie. Changes nothing. O(words).
    ///
    /// # Errors
    /// [`ImageError`] if it would have more than `words_max` words, or if something in it has no name.
    #[optimize(size)]
    pub fn of_heap(
        heap: &Heap,
        roots: &[Root],
        surroundings: &dyn Surroundings,
        words_max: usize,
    ) -> Result<(Image, Places), ImageError> {
        let words = heap.used_words() + heap.blob_words();
        let words_max = words_max.min(u32::MAX as usize);
        if words > words_max {
            return Err(ImageError::TooLarge { words: words as u64, words_max: words_max as u64 });
        }
        let all = || {
            let given = roots.iter().map(|root| (root.value, root.description.as_str()));
            given.chain(heap.own_roots())
        };
        let Numbering { places, objects } = Numbering::new(heap, all().map(|(value, _)| value))?;
        let (live, rest) = objects.split_at(places.reachable() as usize);
        let addresses = addresses(live, &places, surroundings);
        let mut names = Names { surroundings, names: Vec::new(), known: WordMap::default() };
        let mut image = Image { identities: heap.identities, ..Image::default() };
        for (value, description) in all() {
            let word = names.value(value, &places)?;
            image.roots.push(ImageRoot { description: description.to_string(), word });
        }
        image.starts.reserve(live.len());
        image.words.reserve(live.iter().map(|object| object.words() + 1).sum());
        for (number, object) in live.iter().enumerate() {
            let header = object.header();
            image.starts.push(image.words.len() as u32);
            image.words.push(header.of_image().0);
            match header.tag() {
                ObjectTag::String => {
                    // One that a primitive is still filling holds anything beyond what is done.
                    let unit = |unit: u32| char::from_u32(unit).map_or(0, u64::from);
                    let units = |word: &u64| unit(*word as u32) | unit((*word >> 32) as u32) << 32;
                    image.words.push(object.raw(0));
                    image.words.extend(object.raw_words(1).iter().map(units));
                    continue;
                }
                ObjectTag::WeakReference | ObjectTag::Ephemeron => {
                    // What is not reached counts as gone, as it will be after the next collection.
                    let is_gone = !places.is_reached(object.field(0));
                    for index in 0..header.words() {
                        let value = match (is_gone, index) {
                            (false, _) => object.field(index),
                            (true, 2) => Value::fixnum(1),
                            (true, _) => Value::FALSE,
                        };
                        image.words.push(names.value(value, &places)?);
                    }
                    continue;
                }
                tag if tag.is_raw() => {
                    image.words.extend_from_slice(object.raw_words(0));
                    continue;
                }
                _ => {}
            }
            let is_closure = header.is(ObjectTag::Closure);
            for (index, field) in object.fields().iter().enumerate() {
                let is_address =
                    is_closure && index == 0 || addresses.contains(&(number as u32, index as u32));
                let word =
                    if is_address { names.address(field.bits())? } else { names.value(*field, &places)? };
                image.words.push(word);
            }
        }
        image.rest_edges = Edges::with_capacity(rest.len());
        for object in rest {
            places.each_edge(*object, |field, end| image.rest_edges.push(field, end));
            image.rest.push(object.header().of_image().0);
            image.rest_edges.finish()?;
        }
        image.names = names.names;
        image.sites = sites_of(heap, &objects, surroundings);
        Ok((image, places))
    }

    /// The image without what depends on when the heap was collected, garbage and the ages of objects, and without who made
    /// them: equal states have equal ones.
    pub fn without_history(mut self) -> Image {
        (self.rest, self.rest_edges) = (Vec::new(), Edges::with_capacity(0));
        self.sites = None;
        for start in &self.starts {
            let header = &mut self.words[*start as usize];
            *header = Header(*header).without_age().0;
        }
        self
    }

    /// Objects that the roots reach.
    pub fn live_objects(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Objects in all.
    pub fn objects(&self) -> u32 {
        (self.starts.len() + self.rest.len()) as u32
    }

    /// Where it is held, in order.
    pub fn roots(&self) -> &[ImageRoot] {
        &self.roots
    }

    /// What a root holds.
    pub fn root_part(&self, root: &ImageRoot) -> ImagePart<'_> {
        self.part_of(root.word)
    }

    fn header(&self, object: u32) -> Header {
        let live = self.starts.get(object as usize).map(|start| self.words[*start as usize]);
        Header(live.unwrap_or_else(|| self.rest[object as usize - self.starts.len()]))
    }

    /// What an object is.
    pub fn tag(&self, object: u32) -> ObjectTag {
        self.header(object).tag()
    }

    /// The payload of a live object, as it is stored.
    fn payload(&self, object: u32) -> &[u64] {
        let start = self.starts[object as usize] as usize;
        &self.words[start + 1..start + 1 + Header(self.words[start]).words()]
    }

    /// The payload of a live raw object: plain words.
    pub fn raw(&self, object: u32) -> Option<&[u64]> {
        (object < self.live_objects() && !has_values(self.tag(object))).then(|| self.payload(object))
    }

    /// The fields of a live object that has some, those of weak ones among them.
    pub fn parts(&self, object: u32) -> impl ExactSizeIterator<Item = ImagePart<'_>> {
        let fields = object < self.live_objects() && has_values(self.tag(object));
        let words = if fields { self.payload(object) } else { &[] };
        words.iter().map(|word| self.part_of(*word))
    }

    fn part_of(&self, word: u64) -> ImagePart<'_> {
        match word & TAG_MASK {
            OBJECT => ImagePart::Object(index_of(word) as u32),
            NAMED | NAMED_ADDRESS => ImagePart::Named(&self.names[index_of(word) as usize]),
            _ => ImagePart::Immediate(Value::from_bits(word)),
        }
    }

    /// Was it tracked who made the objects?
    pub fn has_sites(&self) -> bool {
        self.sites.is_some()
    }

    /// Places that have made objects, in the order of their first objects.
    pub fn sites(&self) -> &[ImageSite] {
        self.sites.as_ref().map_or(&[], |sites| &sites.places)
    }

    /// Index into [`Image::sites`] of the place that made an object, if that is known.
    pub fn site(&self, object: u32) -> Option<u32> {
        let site = *self.sites.as_ref()?.of.get(object as usize)?;
        (site != NONE).then_some(site)
    }

    /// The graph of its objects; sites are indices into [`Image::sites`]. O(words).
    ///
    /// # Errors
    /// [`TooManyObjects`] beyond 2^32 references.
    #[optimize(size)]
    pub fn graph(&self) -> Result<HeapGraph, TooManyObjects> {
        let mut graph = HeapGraph::with_capacity(self.objects() as usize);
        for object in 0..self.live_objects() {
            let weak_fields = match self.tag(object) {
                ObjectTag::WeakReference | ObjectTag::Ephemeron => 1,
                _ => 0,
            };
            for (index, part) in self.parts(object).enumerate().skip(weak_fields) {
                if let ImagePart::Object(end) = part {
                    graph.edges_mut().push(index as u32, end);
                }
            }
            graph.push(self.header(object))?;
        }
        for index in 0..self.rest.len() as u32 {
            for (field, end) in self.rest_edges.of(index) {
                graph.edges_mut().push(field, end);
            }
            graph.push(self.header(self.live_objects() + index))?;
        }
        let held = self.roots.iter().filter_map(|root| match self.part_of(root.word) {
            ImagePart::Object(object) => Some(GraphRoot { object, description: root.description.clone() }),
            _ => None,
        });
        graph.set_roots(held.collect(), self.live_objects());
        if self.has_sites() {
            graph.set_sites((0..self.objects()).map(|object| self.site(object)));
        }
        Ok(graph)
    }

    /// A hash of the live part: values of roots, names and objects. It depends on nothing else: neither on addresses, nor on
    /// collections, nor on what roots are called. Different states may be made to have one hash by who tries to. O(words).
    #[optimize(size)]
    pub fn state_hash(&self) -> u128 {
        let mut hasher = Hasher::default();
        hasher.add(self.roots.len() as u64);
        self.roots.iter().for_each(|root| hasher.add(root.word));
        hasher.add(self.names.len() as u64);
        for name in &self.names {
            hasher.add(name.len() as u64);
            name.bytes().for_each(|byte| hasher.add(u64::from(byte)));
        }
        hasher.add(self.identities);
        for object in 0..self.live_objects() {
            hasher.add(self.header(object).without_age().0);
            self.payload(object).iter().for_each(|word| hasher.add(*word));
        }
        hasher.finish()
    }
}

/// The sites of objects as places. Sites of one place become one.
#[optimize(size)]
fn sites_of(heap: &Heap, objects: &[Value], surroundings: &dyn Surroundings) -> Option<ImageSites> {
    if !heap.tracks_sites() {
        return None;
    }
    let mut sites = ImageSites::default();
    let mut by_place: HashMap<ImageSite, u32> = HashMap::new();
    let mut by_site: WordMap<u32, u32> = WordMap::default();
    for object in objects {
        let site = heap.site_of(*object).map(|site| {
            *by_site.entry(site).or_insert_with(|| {
                let Some(place) = surroundings.place_of_site(site) else { return NONE };
                *by_place.entry(place).or_insert_with_key(|place| {
                    sites.places.push(place.clone());
                    sites.places.len() as u32 - 1
                })
            })
        });
        sites.of.push(site.unwrap_or(NONE));
    }
    Some(sites)
}

/// Two lanes of multiplications whose halves are folded together, as in Wang Yi's wyhash; the same on every target.
#[derive(Default)]
struct Hasher {
    lanes: [u64; 2],
    words: u64,
}

const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Hasher {
    fn add(&mut self, word: u64) {
        self.words = self.words.wrapping_add(1);
        let [first, second] = self.lanes;
        self.lanes = [
            folded(first ^ word ^ 0xa076_1d64_78bd_642f, self.words ^ 0xe703_7ed1_a0b4_28db),
            folded(second.rotate_left(23) ^ word ^ 0x8ebc_6af0_9c88_c6e3, first ^ 0x5899_65cc_7537_4cc3),
        ];
    }

    fn finish(mut self) -> u128 {
        // The last word goes through both lanes twice more.
        self.add(self.words);
        self.add(0);
        u128::from(self.lanes[0]) << 64 | u128::from(self.lanes[1])
    }
}

/// Are the payload words of such objects values in an image?
fn has_values(tag: ObjectTag) -> bool {
    !tag.is_raw() || matches!(tag, ObjectTag::WeakReference | ObjectTag::Ephemeron)
}

/// Payload words of live objects that are addresses, closures' first words aside.
#[optimize(size)]
fn addresses(live: &[Value], places: &Places, surroundings: &dyn Surroundings) -> WordSet<(u32, u32)> {
    let mut found = WordSet::default();
    let mut note = |object: Value, index: usize| {
        places.number(object).is_some_and(|number| found.insert((number, index as u32)))
    };
    surroundings.root_addresses(&mut note);
    for object in live {
        if matches!(object.header().tag(), ObjectTag::Segment | ObjectTag::Continuation) {
            surroundings.addresses(*object, &mut note);
        }
    }
    found
}
