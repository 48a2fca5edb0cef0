//! Reading and initialising objects through their references.
//!
//! 1. A reference leads to a live object: values are roots, or are used before the next collection (heap's
//!    invariant 2). Debug builds check the header on every access.
//! 2. Field indices are inside the payload; callers know the type. Debug builds check.

use crate::header::{Header, ObjectTag};
use crate::value::Value;

impl Value {
    /// The header of the object.
    #[inline(always)]
    pub fn header(self) -> Header {
        // SAFETY: a reference leads to a header (invariant 1).
        let header = Header(unsafe { *self.address() });
        debug_assert!(header.is_header(), "stale {self:?}");
        header
    }

    #[inline(always)]
    pub(crate) fn set_header(self, header: Header) {
        // SAFETY: as in `header`.
        unsafe { *self.address() = header.0 };
    }

    /// Is it a reference to an object of this type?
    #[inline(always)]
    pub fn is_object(self, tag: ObjectTag) -> bool {
        self.is_reference() && self.header().is(tag)
    }

    /// The type of the object, if it is one.
    #[inline]
    pub fn object_tag(self) -> Option<ObjectTag> {
        if self.is_reference() { Some(self.header().tag()) } else { None }
    }

    /// Is it a pair?
    #[inline(always)]
    pub fn is_pair(self) -> bool {
        self.is_object(ObjectTag::Pair)
    }

    /// Payload words.
    #[inline(always)]
    pub fn words(self) -> usize {
        self.header().words()
    }

    /// Payload word `index`.
    #[inline(always)]
    pub fn field(self, index: usize) -> Value {
        debug_assert!(index < self.words(), "field {index} of {:?}", self.header());
        // SAFETY: the payload has more than `index` words (invariant 2).
        Value::from_bits(unsafe { *self.address().add(1 + index) })
    }

    /// Payload word `index` of a raw object.
    #[inline(always)]
    pub fn raw(self, index: usize) -> u64 {
        self.field(index).bits()
    }

    /// First write of payload word `index` of a new object, or a write of something that is no reference to an
    /// object of the heap; every other write goes through [`crate::Heap::write`].
    #[inline(always)]
    pub fn init_field(self, index: usize, value: Value) {
        debug_assert!(index < self.words(), "field {index} of {:?}", self.header());
        // SAFETY: as in `field`.
        unsafe { *self.address().add(1 + index) = value.bits() };
    }

    /// Writes payload word `index` of a raw object.
    #[inline(always)]
    pub fn set_raw(self, index: usize, word: u64) {
        self.init_field(index, Value::from_bits(word));
    }

    /// First element of a pair. The value must be a pair.
    #[inline(always)]
    pub fn car(self) -> Value {
        self.field(0)
    }

    /// Second element of a pair. The value must be a pair.
    #[inline(always)]
    pub fn cdr(self) -> Value {
        self.field(1)
    }

    /// All payload words of a traced object.
    #[inline]
    pub fn fields<'a>(self) -> &'a [Value] {
        let words = self.words();
        // SAFETY: the payload has `words` words, each a value. The lifetime is the caller's promise not to collect
        // while the slice is in use (heap's invariant 2).
        unsafe { std::slice::from_raw_parts(self.address().add(1).cast::<Value>(), words) }
    }

    /// Payload of a raw object from word `from` on, as words.
    #[inline]
    pub fn raw_words<'a>(self, from: usize) -> &'a mut [u64] {
        let words = self.words();
        debug_assert!(from <= words);
        // SAFETY: as in `fields`; raw payloads are plain words, and callers hold one slice at a time.
        unsafe { std::slice::from_raw_parts_mut(self.address().add(1 + from), words - from) }
    }

    /// Bytes of a bytevector's or symbol's payload from word `from` on.
    #[inline]
    pub fn raw_bytes<'a>(self, from: usize, length: usize) -> &'a mut [u8] {
        debug_assert!(from * 8 + length <= self.words() * 8);
        // SAFETY: the payload has room for `length` bytes from word `from` on; as in `raw_words`.
        unsafe { std::slice::from_raw_parts_mut(self.address().add(1 + from).cast::<u8>(), length) }
    }

    /// Characters of a string, as scalar values.
    #[inline]
    pub fn string_units<'a>(self) -> &'a mut [u32] {
        let length = self.string_length();
        // SAFETY: a string's payload is its length and room for that many 32-bit units; as in `raw_words`.
        unsafe { std::slice::from_raw_parts_mut(self.address().add(2).cast::<u32>(), length) }
    }

    /// Length of a string in characters.
    #[inline(always)]
    pub fn string_length(self) -> usize {
        self.raw(0) as usize
    }

    /// Character `index` of a string, as a scalar value. `index` must be below the length.
    #[inline(always)]
    pub fn string_unit(self, index: usize) -> u32 {
        debug_assert!(index < self.string_length());
        // SAFETY: the index is inside the string.
        unsafe { *self.address().add(2).cast::<u32>().add(index) }
    }

    /// Text of a symbol.
    #[inline]
    pub fn symbol_text<'a>(self) -> &'a str {
        let length = self.raw(0) as usize;
        let bytes: &'a [u8] = self.raw_bytes(2, length);
        debug_assert!(std::str::from_utf8(bytes).is_ok());
        // SAFETY: symbols are made from `str` only, by `symbol_words` and `init_symbol`.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// Text of a string as Rust's own.
    pub fn string_text(self) -> String {
        self.string_units().iter().map(|unit| char::from_u32(*unit).unwrap_or('\u{fffd}')).collect()
    }
}

/// Payload words of a string of `length` characters.
#[inline]
pub const fn string_words(length: usize) -> usize {
    1 + length.div_ceil(2)
}

/// Payload words of a bytevector of `length` bytes.
#[inline]
pub const fn bytevector_words(length: usize) -> usize {
    1 + length.div_ceil(8)
}

/// Payload words of a symbol.
#[inline]
pub const fn symbol_words(text: &str) -> usize {
    2 + text.len().div_ceil(8)
}

/// Content hash of a symbol or a string: FNV-1a over scalar values, the same on every target.
pub fn text_hash(scalars: impl Iterator<Item = u32>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for scalar in scalars {
        hash = (hash ^ u64::from(scalar)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^ hash >> 29
}

/// Fills a fresh symbol object.
pub fn init_symbol(symbol: Value, text: &str) {
    let words = symbol.words();
    symbol.set_raw(words - 1, 0);
    symbol.set_raw(0, text.len() as u64);
    symbol.set_raw(1, text_hash(text.chars().map(u32::from)));
    symbol.raw_bytes(2, text.len()).copy_from_slice(text.as_bytes());
}

/// Fills a fresh string object from its characters. `length` is their number.
pub fn init_string(string: Value, length: usize, characters: impl Iterator<Item = char>) {
    let words = string.words();
    string.set_raw(words - 1, 0);
    string.set_raw(0, length as u64);
    for (unit, character) in string.string_units().iter_mut().zip(characters) {
        *unit = character as u32;
    }
}
