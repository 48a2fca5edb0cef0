//! Numbers: fixnums, bignums, ratios and flonums, and what every operation on them shares.
//!
//! 1. An integer that fits a fixnum is one; bignums are all others. So integers are equal when their words or limbs are.
//! 2. A bignum's payload is a word that is 1 for negative numbers and 0 for others, then the limbs of its magnitude,
//!    least significant first, the last one not zero.
//! 3. A ratio's payload is its numerator and its denominator, both integers, in lowest terms, the denominator greater than
//!    one. So ratios are equal when both are, and no ratio is an integer.
//! 4. No integer has more than [`BITS_MAX`] bits, so that every operation is bounded.
//! 5. Operands are read into [`Number`]s that borrow from the heap; results are complete on the native side before
//!    room for them is reserved.

mod arithmetic;
mod compare;
mod limbs;
mod power;
mod ratio;
mod rounding;
mod text;
mod work;

use arena::{ObjectTag, SharedHeap, Value};
use num_bigint::{BigInt, Sign};
use num_traits::FromPrimitive;

use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;

pub(crate) use arithmetic::{Arithmetic, arithmetic, combine, least_common_multiple, small as small_result};
pub(crate) use compare::{Comparison, compare, compare_at};
pub(crate) use limbs::{Limbs, bits as limb_bits, compare as compare_limbs, lehmer, trim as trim_limbs};
pub(crate) use power::{exact_integer_sqrt, exact_root, exponent, root_to_f64};
pub(crate) use ratio::make_ratio;
pub(crate) use rounding::{Rounding, exact_of_float, natural_logarithm_of, quotient_to_f64, rounded};
pub(crate) use text::{Parsed, format_flonum, long_decimal, long_exact, parse, to_text};

/// Most bits of an integer (39,456 decimal digits), so that every operation takes less than a millisecond.
pub(crate) const BITS_MAX: usize = 131_072;

/// A number, looked at. Valid until the next reservation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number<'a> {
    Fixnum(i64),
    Big { negative: bool, limbs: &'a [u64] },
    Ratio(Ratio),
    Flonum(f64),
}

/// A ratio, looked at. Valid until the next reservation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio(Value);

impl Ratio {
    pub(crate) fn numerator(self) -> Value {
        self.0.field(0)
    }

    pub(crate) fn denominator(self) -> Value {
        self.0.field(1)
    }
}

/// Magnitude of an integer operand: its own limb, or limbs in the heap.
#[derive(Clone, Copy)]
pub(crate) struct Magnitude<'a> {
    pub(crate) negative: bool,
    own: [u64; 1],
    limbs: Option<&'a [u64]>,
}

impl Magnitude<'_> {
    pub(crate) fn limbs(&self) -> &[u64] {
        self.limbs.unwrap_or(&self.own)
    }
}

impl<'a> Number<'a> {
    /// The number, if the value is one.
    pub(crate) fn of(value: Value) -> Option<Number<'a>> {
        if value.is_fixnum() {
            return Some(Number::Fixnum(value.as_fixnum()));
        }
        if value.is_tagged_flonum() {
            return Some(Number::Flonum(value.as_tagged_flonum()));
        }
        match value.object_tag()? {
            ObjectTag::Flonum => Some(Number::Flonum(f64::from_bits(value.raw(0)))),
            ObjectTag::Bignum => Some(Number::Big { negative: value.raw(0) != 0, limbs: value.raw_words(1) }),
            ObjectTag::Ratio => Some(Number::Ratio(Ratio(value))),
            _ => None,
        }
    }

    /// Magnitude and sign of an exact integer.
    pub(crate) fn integer(self) -> Option<Magnitude<'a>> {
        match self {
            Number::Fixnum(small) => {
                Some(Magnitude { negative: small < 0, own: [small.unsigned_abs()], limbs: None })
            }
            Number::Big { negative, limbs } => Some(Magnitude { negative, own: [0], limbs: Some(limbs) }),
            Number::Ratio(_) | Number::Flonum(_) => None,
        }
    }

    /// Numerator and denominator of an exact number.
    pub(crate) fn fraction(self) -> Option<(Magnitude<'a>, Magnitude<'a>)> {
        match self {
            Number::Ratio(ratio) => {
                let part = |value| Number::of(value).and_then(Number::integer);
                Some((part(ratio.numerator())?, part(ratio.denominator())?))
            }
            number => Some((number.integer()?, Magnitude { negative: false, own: [1], limbs: None })),
        }
    }

    /// The nearest float.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Number::Fixnum(small) => small as f64,
            Number::Flonum(float) => float,
            exact => exact.fraction().map_or(f64::NAN, |(top, bottom)| {
                let magnitude = quotient_to_f64(top.limbs(), bottom.limbs());
                if top.negative { -magnitude } else { magnitude }
            }),
        }
    }

    /// The integer for `num-bigint`; of a float, if it is whole. Ratios have none.
    pub(crate) fn to_big(self) -> Option<BigInt> {
        match self {
            Number::Fixnum(small) => Some(BigInt::from(small)),
            Number::Big { negative, limbs } => Some(limbs::to_signed(negative, limbs)),
            Number::Flonum(float) if float.fract() == 0.0 => BigInt::from_f64(float),
            Number::Ratio(_) | Number::Flonum(_) => None,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        match self {
            Number::Fixnum(small) => small == 0,
            Number::Big { .. } | Number::Ratio(_) => false,
            Number::Flonum(float) => float == 0.0,
        }
    }

    pub(crate) fn is_negative(self) -> bool {
        match self {
            Number::Fixnum(small) => small < 0,
            Number::Big { negative, .. } => negative,
            Number::Ratio(ratio) => Number::of(ratio.numerator()).is_some_and(Number::is_negative),
            Number::Flonum(float) => float < 0.0,
        }
    }

    pub(crate) fn is_positive(self) -> bool {
        !self.is_negative() && !self.is_zero() && !self.to_f64_if_float().is_some_and(f64::is_nan)
    }

    /// The float, if it is one.
    pub(crate) fn to_f64_if_float(self) -> Option<f64> {
        match self {
            Number::Flonum(float) => Some(float),
            _ => None,
        }
    }

    pub(crate) fn is_exact(self) -> bool {
        !matches!(self, Number::Flonum(_))
    }

    /// Integers, and floats that are whole.
    pub(crate) fn is_integer(self) -> bool {
        match self {
            Number::Flonum(float) => float.is_finite() && float.fract() == 0.0,
            Number::Ratio(_) => false,
            _ => true,
        }
    }

    pub(crate) fn is_exact_integer(self) -> bool {
        matches!(self, Number::Fixnum(_) | Number::Big { .. })
    }
}

/// Is it a number?
pub(crate) fn is_number(value: Value) -> bool {
    Number::of(value).is_some()
}

/// The nearest float of a number.
pub(crate) fn to_f64(value: Value) -> Option<f64> {
    Number::of(value).map(Number::to_f64)
}

#[cold]
fn too_large(operation: &str, bits: usize) -> Trap {
    let size = if bits == usize::MAX { "far too many".to_string() } else { format!("about {bits}") };
    let message = format!("{operation}: the result has {size} bits; integers have at most {BITS_MAX}");
    Trap::error(ErrorKind::Arithmetic, message, &[]).raised_by(operation)
}

/// Is a result of this many bits allowed?
pub(crate) fn check_bits(operation: &str, bits: usize) -> Result<(), Trap> {
    if bits > BITS_MAX { Err(too_large(operation, bits)) } else { Ok(()) }
}

fn small(negative: bool, limbs: &[u64]) -> Option<Value> {
    let magnitude = match limbs {
        [] => 0,
        [limb] if *limb <= 1 << 60 => *limb as i64,
        _ => return None,
    };
    Value::try_fixnum(if negative { -magnitude } else { magnitude })
}

/// The integer of a sign and a magnitude. Reserves.
pub(crate) fn make_integer(
    vm: &mut Vm<'_>,
    operation: &str,
    negative: bool,
    limbs: &[u64],
) -> Result<Value, Trap> {
    let limbs = limbs::trim(limbs);
    if let Some(value) = small(negative, limbs) {
        return Ok(value);
    }
    check_bits(operation, limbs::bits(limbs))?;
    big_object(vm, negative, limbs)
}

fn big_object(vm: &mut Vm<'_>, negative: bool, limbs: &[u64]) -> Result<Value, Trap> {
    vm.reserve_object(limbs.len() + 1)?;
    let big = vm.alloc(ObjectTag::Bignum, limbs.len() + 1);
    big.set_raw(0, u64::from(negative));
    big.raw_words(1).copy_from_slice(limbs);
    Ok(big)
}

/// A natural number of any length, for native code to keep. Reserves.
fn natural_object(vm: &mut Vm<'_>, limbs: &[u64]) -> Result<Value, Trap> {
    let limbs = limbs::trim(limbs);
    match small(false, limbs) {
        Some(value) => Ok(value),
        None => big_object(vm, false, limbs),
    }
}

/// The same from one of `num-bigint`'s. Reserves.
pub(crate) fn make_big(vm: &mut Vm<'_>, operation: &str, integer: &BigInt) -> Result<Value, Trap> {
    let (sign, limbs) = integer.to_u64_digits();
    make_integer(vm, operation, sign == Sign::Minus, &limbs)
}

/// Is a bignum that was read from an image one that this module could have made (invariants 1, 2 and 4)?
pub(crate) fn is_big(value: Value) -> bool {
    let limbs = &*value.raw_words(1);
    let negative = value.raw(0) == 1;
    limbs::trim(limbs).len() == limbs.len()
        && limbs::bits(limbs) <= BITS_MAX
        && small(negative, limbs).is_none()
}

/// Is a ratio that was read from an image made of integers, the lower one greater than one? That it is in lowest terms is
/// believed: nothing but equality depends on it.
pub(crate) fn is_ratio(value: Value) -> bool {
    let is_integer = |part: Value| part.is_fixnum() || part.is_object(ObjectTag::Bignum);
    let (top, bottom) = (value.field(0), value.field(1));
    let is_more_than_one = match bottom.to_fixnum() {
        Some(bottom) => bottom > 1,
        None => bottom.is_object(ObjectTag::Bignum) && bottom.raw(0) == 0,
    };
    is_integer(top) && is_more_than_one
}

/// An integer of a machine word. Reserves.
pub(crate) fn make_word(vm: &mut Vm<'_>, integer: i64) -> Result<Value, Trap> {
    match Value::try_fixnum(integer) {
        Some(value) => Ok(value),
        None => make_integer(vm, "integer", integer < 0, &[integer.unsigned_abs()]),
    }
}

/// An unsigned integer of a machine word. Reserves.
pub(crate) fn make_unsigned(vm: &mut Vm<'_>, integer: u64) -> Result<Value, Trap> {
    make_integer(vm, "integer", false, &[integer])
}

fn shared_limbs(heap: &mut SharedHeap, negative: bool, limbs: &[u64]) -> Value {
    let limbs = limbs::trim(limbs);
    small(negative, limbs).unwrap_or_else(|| {
        let words: Vec<u64> = std::iter::once(u64::from(negative)).chain(limbs.iter().copied()).collect();
        heap.raw(ObjectTag::Bignum, &words)
    })
}

/// An integer literal.
pub(crate) fn shared_integer(heap: &mut SharedHeap, integer: i64) -> Value {
    shared_limbs(heap, integer < 0, &[integer.unsigned_abs()])
}

/// An integer literal of any size, from decimal text; `None` if that is no integer or too large a one.
pub(crate) fn shared_big(heap: &mut SharedHeap, text: &str) -> Option<Value> {
    match text::parse(text, 10) {
        Parsed::Integer(integer) => {
            let (sign, limbs) = integer.to_u64_digits();
            Some(shared_limbs(heap, sign == Sign::Minus, &limbs))
        }
        _ => None,
    }
}

/// A ratio literal, from two decimal numerals with `/` between them; `None` if that is no ratio or one of too large
/// numbers.
pub(crate) fn shared_ratio(heap: &mut SharedHeap, text: &str) -> Option<Value> {
    let (top, bottom) = match text::parse(text, 10) {
        Parsed::Integer(integer) => (integer, BigInt::from(1)),
        Parsed::Ratio(top, bottom) => (top, bottom),
        _ => return None,
    };
    let (sign, top) = top.to_u64_digits();
    let (_, bottom) = bottom.to_u64_digits();
    let (top, bottom) = ratio::reduced(&top, &bottom);
    let numerator = shared_limbs(heap, sign == Sign::Minus, &top);
    if limbs::trim(&bottom) == [1] {
        return Some(numerator);
    }
    let denominator = shared_limbs(heap, false, &bottom);
    Some(heap.object(ObjectTag::Ratio, &[numerator, denominator]))
}

/// A float literal.
pub(crate) fn shared_flonum(heap: &mut SharedHeap, number: f64) -> Value {
    let number = if number.is_nan() { f64::NAN } else { number };
    Value::try_flonum(number).unwrap_or_else(|| heap.raw(ObjectTag::Flonum, &[number.to_bits()]))
}
