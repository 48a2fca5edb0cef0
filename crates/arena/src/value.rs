//! Values: one 64-bit word each, told apart by the three low bits.
//!
//! | low bits | meaning | payload |
//! |---|---|---|
//! | `000` | fixnum | 61-bit signed integer, shifted left by 3 |
//! | `001` | heap reference | address of the object's header, plus 1 |
//! | `010` | immediate | kind in bits 3–7, payload from bit 8 |
//! | `011`, `100` | flonum | the float's bits rotated left by 4 |
//! | `101` | reference inside a message | word offset in the message, shifted left by 3 |
//! | `110` | object header, never a value | see [`crate::Header`] |
//!
//! 1. A float whose three top exponent bits are `011` or `100` (magnitude from 2^-255 to 2^257) tags itself; all others
//!    are boxed (Melançon, Serrano, Feeley, "Float Self-Tagging", 2025). A float has one representation only, so that
//!    equal words and equal floats agree for tagged ones.
//! 2. A word with low bits `000` may also be an address of something outside every heap that is aligned to 8 bytes
//!    (code); the collector never follows it.

use std::fmt;

/// A Scheme value: a tagged 64-bit word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

const _: () = assert!(size_of::<Value>() == 8);

const TAG_MASK: u64 = 7;
const TAG_REFERENCE: u64 = 1;
const TAG_IMMEDIATE: u64 = 2;
const TAG_RELATIVE: u64 = 5;

const KIND_SHIFT: u32 = 3;
const PAYLOAD_SHIFT: u32 = 8;

const fn immediate(kind: u64, payload: u64) -> Value {
    Value(payload << PAYLOAD_SHIFT | kind << KIND_SHIFT | TAG_IMMEDIATE)
}

impl Value {
    /// `#f`.
    pub const FALSE: Value = immediate(0, 0);
    /// `#t`.
    pub const TRUE: Value = immediate(1, 0);
    /// The empty list.
    pub const NIL: Value = immediate(2, 0);
    /// What expressions without a useful value answer.
    pub const UNSPECIFIED: Value = immediate(3, 0);
    /// The end-of-file object.
    pub const EOF: Value = immediate(4, 0);
    /// Content of a global or box that has no value yet; programs never hold it.
    pub const UNBOUND: Value = immediate(5, 0);
    /// Fixnum zero, which is also the all-zero word.
    pub const ZERO: Value = Value(0);

    const CHARACTER_KIND: u64 = 6;

    /// Largest fixnum.
    pub const FIXNUM_MAX: i64 = (1 << 60) - 1;
    /// Smallest fixnum.
    pub const FIXNUM_MIN: i64 = -(1 << 60);

    /// The word itself.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A value from its word. The word must have come from [`Value::bits`].
    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    /// `#t` or `#f`.
    #[inline(always)]
    pub const fn boolean(truth: bool) -> Value {
        if truth { Value::TRUE } else { Value::FALSE }
    }

    /// Everything but `#f` is true.
    #[inline(always)]
    pub const fn is_true(self) -> bool {
        self.0 != Value::FALSE.0
    }

    /// A fixnum. `number` must lie in `FIXNUM_MIN..=FIXNUM_MAX`.
    #[inline(always)]
    pub const fn fixnum(number: i64) -> Value {
        debug_assert!(number <= Value::FIXNUM_MAX && number >= Value::FIXNUM_MIN);
        Value((number << 3) as u64)
    }

    /// A fixnum if `number` fits.
    #[inline]
    pub const fn try_fixnum(number: i64) -> Option<Value> {
        if number <= Value::FIXNUM_MAX && number >= Value::FIXNUM_MIN {
            Some(Value::fixnum(number))
        } else {
            None
        }
    }

    /// Is it a fixnum?
    #[inline(always)]
    pub const fn is_fixnum(self) -> bool {
        self.0 & TAG_MASK == 0
    }

    /// Are both fixnums? One test.
    #[inline(always)]
    pub const fn both_fixnums(self, other: Value) -> bool {
        (self.0 | other.0) & TAG_MASK == 0
    }

    /// The integer of a fixnum; meaningless for other values.
    #[inline(always)]
    pub const fn as_fixnum(self) -> i64 {
        self.0 as i64 >> 3
    }

    /// The integer, if this is a fixnum.
    #[inline]
    pub const fn to_fixnum(self) -> Option<i64> {
        if self.is_fixnum() { Some(self.as_fixnum()) } else { None }
    }

    /// A character.
    #[inline(always)]
    pub const fn character(character: char) -> Value {
        immediate(Value::CHARACTER_KIND, character as u64)
    }

    /// The character, if this is one.
    #[inline]
    pub const fn to_character(self) -> Option<char> {
        if self.0 & 0xff == Value::CHARACTER_KIND << KIND_SHIFT | TAG_IMMEDIATE {
            char::from_u32((self.0 >> PAYLOAD_SHIFT) as u32)
        } else {
            None
        }
    }

    /// The word of a float that tags itself, if it does.
    #[inline(always)]
    pub const fn try_flonum(number: f64) -> Option<Value> {
        let word = Value(number.to_bits().rotate_left(4));
        if word.is_tagged_flonum() { Some(word) } else { None }
    }

    /// Is it a float that tags itself? Boxed ones are references.
    #[inline(always)]
    pub const fn is_tagged_flonum(self) -> bool {
        // Adding 5 takes tags 3 and 4 to 8 and 9, the only sums with bits 1 and 2 clear.
        (self.0 & TAG_MASK).wrapping_add(5) & 6 == 0
    }

    /// The float of a self-tagged word; meaningless for other values.
    #[inline(always)]
    pub const fn as_tagged_flonum(self) -> f64 {
        f64::from_bits(self.0.rotate_right(4))
    }

    /// Is it a reference to a heap object?
    #[inline(always)]
    pub const fn is_reference(self) -> bool {
        self.0 & TAG_MASK == TAG_REFERENCE
    }

    /// A reference to the object whose header is at `address`, which is aligned to 8 bytes.
    #[inline(always)]
    pub(crate) fn reference(address: *mut u64) -> Value {
        debug_assert!(address as usize & 7 == 0);
        Value(address as usize as u64 | TAG_REFERENCE)
    }

    /// Address of the header of the object that a reference names.
    #[inline(always)]
    pub(crate) fn address(self) -> *mut u64 {
        debug_assert!(self.is_reference(), "not a reference: {self:?}");
        (self.0 - TAG_REFERENCE) as usize as *mut u64
    }

    /// A reference to the object whose header is so many words after this one's, in the same block.
    pub(crate) fn later(self, words: usize) -> Value {
        debug_assert!(self.is_reference(), "not a reference: {self:?}");
        Value(self.0 + words as u64 * 8)
    }

    /// A reference inside a message: word offset of the object's header.
    #[inline]
    pub(crate) const fn relative(offset: usize) -> Value {
        Value((offset as u64) << 3 | TAG_RELATIVE)
    }

    /// The word offset of a reference inside a message.
    #[inline]
    pub(crate) const fn to_relative(self) -> Option<usize> {
        if self.0 & TAG_MASK == TAG_RELATIVE { Some((self.0 >> 3) as usize) } else { None }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::FALSE => f.write_str("#f"),
            Value::TRUE => f.write_str("#t"),
            Value::NIL => f.write_str("()"),
            Value::UNSPECIFIED => f.write_str("#unspecified"),
            Value::EOF => f.write_str("#eof"),
            Value::UNBOUND => f.write_str("#unbound"),
            value if value.is_fixnum() => write!(f, "{}", value.as_fixnum()),
            value if value.is_tagged_flonum() => write!(f, "{:?}", value.as_tagged_flonum()),
            value if value.is_reference() => write!(f, "#ref:{:x}", value.0),
            value => match value.to_character() {
                Some(character) => write!(f, "{character:?}"),
                None => write!(f, "#word:{:x}", value.0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn immediates_are_distinct_and_are_neither_numbers_nor_references() {
        let all = [Value::FALSE, Value::TRUE, Value::NIL, Value::UNSPECIFIED, Value::EOF, Value::UNBOUND];
        for (index, value) in all.iter().enumerate() {
            assert!(!value.is_fixnum() && !value.is_reference() && !value.is_tagged_flonum());
            assert!(all[index + 1..].iter().all(|other| other != value));
        }
    }

    #[test]
    fn floats_of_everyday_size_tag_themselves_and_zero_does_not() {
        for number in [1.0, -1.5, 3.25e70, 1e-70, f64::from_bits(0x4fff_ffff_ffff_ffff)] {
            assert_eq!(Value::try_flonum(number).map(Value::as_tagged_flonum), Some(number));
        }
        for number in [0.0, -0.0, f64::INFINITY, f64::NAN, 1e300, 1e-300] {
            assert_eq!(Value::try_flonum(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn fixnums_round_trip(number in Value::FIXNUM_MIN..=Value::FIXNUM_MAX) {
            let value = Value::fixnum(number);
            prop_assert!(value.is_fixnum() && !value.is_tagged_flonum());
            prop_assert_eq!(value.as_fixnum(), number);
        }

        #[test]
        fn tagged_floats_round_trip_bit_for_bit(bits: u64) {
            let number = f64::from_bits(bits);
            if let Some(value) = Value::try_flonum(number) {
                prop_assert!(!value.is_fixnum() && !value.is_reference());
                prop_assert_eq!(value.as_tagged_flonum().to_bits(), bits);
            }
        }

        #[test]
        fn characters_round_trip(character: char) {
            prop_assert_eq!(Value::character(character).to_character(), Some(character));
        }
    }
}
