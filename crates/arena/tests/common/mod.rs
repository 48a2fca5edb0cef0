//! What the tests of heaps share: a heap, and a naive model of the objects in it.
//!
//! 1. The model never frees or moves: an object is its place in a list, for ever.
//! 2. Two graphs are the same when walking both at once pairs each object of one with one object of the other.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arena::{
    Budget, Heap, HeapSettings, ObjectTag, Roots, Value, bytevector_words, init_string, string_words,
};

/// A heap of at most `words_max` words in a world of its own.
pub fn heap(words_max: usize) -> Heap {
    heap_in(words_max, &Budget::new(1 << 30))
}

/// A heap of at most `words_max` words.
pub fn heap_in(words_max: usize, budget: &Arc<Budget>) -> Heap {
    Heap::new(HeapSettings::new(words_max, budget.clone(), || 0.0))
}

/// A vector of `length` times `fill`.
pub fn vector<R: Roots>(heap: &mut Heap, length: usize, fill: Value, roots: &mut R) -> Value {
    assert!(!fill.is_reference(), "a reference would go stale in the reservation");
    heap.reserve_object(length, roots).expect("room for a vector");
    let vector = heap.alloc(ObjectTag::Vector, length);
    (0..length).for_each(|index| vector.init_field(index, fill));
    vector
}

/// A string.
pub fn string<R: Roots>(heap: &mut Heap, text: &str, roots: &mut R) -> Value {
    let length = text.chars().count();
    heap.reserve_object(string_words(length), roots).expect("room for a string");
    let string = heap.alloc(ObjectTag::String, string_words(length));
    init_string(string, length, text.chars());
    string
}

/// A bytevector.
pub fn bytes<R: Roots>(heap: &mut Heap, content: &[u8], roots: &mut R) -> Value {
    let words = bytevector_words(content.len());
    heap.reserve_object(words, roots).expect("room for bytes");
    let object = heap.alloc(ObjectTag::Bytevector, words);
    object.set_raw(words - 1, 0);
    object.set_raw(0, content.len() as u64);
    object.raw_bytes(1, content.len()).copy_from_slice(content);
    object
}

/// `count`, ..., 2, 1 as a list, kept in `roots[at]`.
pub fn count_down(heap: &mut Heap, count: i64, roots: &mut Vec<Value>, at: usize) {
    roots[at] = Value::NIL;
    for number in 1..=count {
        heap.reserve(3, roots).expect("room for a pair");
        roots[at] = heap.cons(Value::fixnum(number), roots[at]);
    }
}

/// The fixnums of a list.
pub fn numbers(mut list: Value) -> Vec<i64> {
    let mut all = Vec::new();
    while list.is_pair() {
        all.push(list.car().as_fixnum());
        list = list.cdr();
    }
    all
}

/// A field or a root of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Not a reference.
    Word(Value),
    /// The object at this place.
    Object(usize),
}

/// An object of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Traced: a pair, a vector or a box.
    Fields(ObjectTag, Vec<Part>),
    /// A string.
    Text(String),
    /// A bytevector.
    Bytes(Vec<u8>),
}

impl Content {
    fn words(&self) -> usize {
        match self {
            Content::Fields(_, fields) => fields.len(),
            Content::Text(text) => string_words(text.chars().count()),
            Content::Bytes(bytes) => bytevector_words(bytes.len()),
        }
    }
}

/// All objects that were ever made, and their identity numbers.
#[derive(Debug, Default)]
pub struct Model {
    pub objects: Vec<Content>,
    pub identities: HashMap<usize, u64>,
}

impl Model {
    pub fn add(&mut self, content: Content) -> Part {
        self.objects.push(content);
        Part::Object(self.objects.len() - 1)
    }

    /// Compares everything that is reachable; answers how many words that is, headers counted.
    pub fn compare(&self, parts: &[Part], values: &[Value]) -> Result<usize, String> {
        let mut objects: HashMap<u64, usize> = HashMap::new();
        let mut references: HashMap<usize, u64> = HashMap::new();
        let mut open: Vec<(Part, Value)> = parts.iter().copied().zip(values.iter().copied()).collect();
        let mut words = 0;
        while let Some((part, value)) = open.pop() {
            let place = match part {
                Part::Word(word) if word == value => continue,
                Part::Object(place) if value.is_reference() => place,
                _ => return Err(format!("{value:?} instead of {part:?}")),
            };
            let known = (objects.insert(value.bits(), place), references.insert(place, value.bits()));
            match known {
                (None, None) => {}
                (Some(old), Some(reference)) if old == place && reference == value.bits() => continue,
                _ => return Err(format!("sharing of object {place} is not kept: {known:?}")),
            }
            words += 1 + value.words();
            let identity = self.identities.get(&place).copied().unwrap_or(0);
            if value.header().identity() != identity {
                return Err(format!("identity {} instead of {identity}", value.header().identity()));
            }
            self.compare_object(place, value, &mut open)?;
        }
        Ok(words)
    }

    fn compare_object(
        &self,
        place: usize,
        value: Value,
        open: &mut Vec<(Part, Value)>,
    ) -> Result<(), String> {
        let content = &self.objects[place];
        if value.words() != content.words() {
            return Err(format!("object {place} has {} words instead of {}", value.words(), content.words()));
        }
        let same = match content {
            Content::Fields(tag, fields) => {
                open.extend(fields.iter().copied().zip(value.fields().iter().copied()));
                value.is_object(*tag)
            }
            Content::Text(text) => value.is_object(ObjectTag::String) && value.string_text() == *text,
            Content::Bytes(bytes) => {
                value.is_object(ObjectTag::Bytevector)
                    && value.raw_bytes(1, value.raw(0) as usize) == &bytes[..]
            }
        };
        if same { Ok(()) } else { Err(format!("object {place} is not {content:?}")) }
    }

    /// Words of an object, header counted.
    pub fn words(&self, place: usize) -> usize {
        1 + self.objects[place].words()
    }

    /// Places of everything that `parts` lead to.
    pub fn reachable(&self, parts: &[Part]) -> HashSet<usize> {
        let mut reached = HashSet::new();
        let mut open: Vec<Part> = parts.to_vec();
        while let Some(part) = open.pop() {
            if let Part::Object(place) = part
                && reached.insert(place)
                && let Content::Fields(_, fields) = &self.objects[place]
            {
                open.extend(fields);
            }
        }
        reached
    }

    /// A copy of what `part` leads to, as a message makes one: shared and cyclic as it was, without identities.
    pub fn copy(&mut self, part: Part) -> Part {
        let mut copies: HashMap<usize, usize> = HashMap::new();
        let Part::Object(root) = part else { return part };
        let mut open = vec![root];
        while let Some(place) = open.pop() {
            if copies.contains_key(&place) {
                continue;
            }
            let content = self.objects[place].clone();
            if let Content::Fields(_, fields) = &content {
                open.extend(fields.iter().filter_map(|field| match field {
                    Part::Object(place) => Some(*place),
                    Part::Word(_) => None,
                }));
            }
            self.objects.push(content);
            copies.insert(place, self.objects.len() - 1);
        }
        for place in copies.values() {
            if let Content::Fields(_, fields) = &mut self.objects[*place] {
                for field in fields {
                    if let Part::Object(old) = field {
                        *old = copies[old];
                    }
                }
            }
        }
        Part::Object(copies[&root])
    }
}
