//! Exact fractions: the four operations and the order of ratios among themselves and among integers and floats.
//!
//! 1. Operands are in lowest terms, and so are results: common factors are taken out before products are made, where they
//!    are small (Knuth, "The Art of Computer Programming", 4.5.1).
//! 2. Fractions of fixnums are worked out in machine words; all others in goes ([`super::work`]).

use std::cmp::Ordering;

use arena::{ObjectTag, Value};
use smallvec::SmallVec;

use super::limbs::{self, Limbs};
use super::rounding::{leading_bits, parts};
use super::work::{Stop, Task, Work, in_goes};
use super::{Arithmetic, Magnitude, Number, check_bits, make_integer, small};
use crate::error::Trap;
use crate::machine::Vm;

/// Words of a ratio with its header.
const RATIO_WORDS: usize = 3;
/// Limbs of two fractions that are compared by their products without looking at their leading bits first.
const SHORT_LIMBS: usize = 16;
/// What a comparison is in the register of long arithmetic; operations have numbers of their own.
const COMPARISON: i64 = 100;

/// Sign, numerator and denominator of a result.
type Fraction = (bool, Limbs, Limbs);

/// The number of a sign and a quotient in lowest terms. Reserves.
pub(crate) fn make_ratio(
    vm: &mut Vm<'_>,
    operation: &str,
    negative: bool,
    top: &[u64],
    bottom: &[u64],
) -> Result<Value, Trap> {
    let (top, bottom) = (limbs::trim(top), limbs::trim(bottom));
    if bottom == [1] {
        return make_integer(vm, operation, negative, top);
    }
    if let (Some(numerator), Some(denominator)) = (small(negative, top), small(false, bottom)) {
        vm.reserve(RATIO_WORDS)?;
        return Ok(ratio_object(vm, numerator, denominator));
    }
    check_bits(operation, limbs::bits(top).max(limbs::bits(bottom)))?;
    let numerator = make_integer(vm, operation, negative, top)?;
    let numerator = vm.root(numerator);
    let denominator = make_integer(vm, operation, false, bottom)?;
    let denominator = vm.root(denominator);
    vm.reserve(RATIO_WORDS)?;
    let ratio = ratio_object(vm, vm.rooted(numerator), vm.rooted(denominator));
    vm.unroot(numerator);
    Ok(ratio)
}

fn ratio_object(vm: &mut Vm<'_>, numerator: Value, denominator: Value) -> Value {
    let ratio = vm.alloc(ObjectTag::Ratio, RATIO_WORDS - 1);
    ratio.init_field(0, numerator);
    ratio.init_field(1, denominator);
    ratio
}

/// A quotient in lowest terms; `bottom` must not be zero. Takes as long as it takes.
pub(super) fn reduced(top: &[u64], bottom: &[u64]) -> (Limbs, Limbs) {
    let (mut large, mut small) =
        (Limbs::from_slice(limbs::trim(top)), Limbs::from_slice(limbs::trim(bottom)));
    if limbs::compare(&large, &small).is_lt() {
        std::mem::swap(&mut large, &mut small);
    }
    while !limbs::trim(&small).is_empty() {
        (large, small) = limbs::lehmer(&large, &small);
    }
    (limbs::divide(top, &large).0, limbs::divide(bottom, &large).0)
}

/// Numerator and denominator, if both are fixnums.
fn small_fraction(number: Number<'_>) -> Option<(i64, i64)> {
    match number {
        Number::Fixnum(integer) => Some((integer, 1)),
        Number::Ratio(ratio) => Some((ratio.numerator().to_fixnum()?, ratio.denominator().to_fixnum()?)),
        _ => None,
    }
}

/// One of the four operations on exact numbers; a divisor must not be zero. Charges; reserves.
pub(super) fn combine(
    vm: &mut Vm<'_>,
    operation: Arithmetic,
    name: &str,
    left: Value,
    right: Value,
) -> Result<Value, Trap> {
    let (Some(first), Some(second)) = (Number::of(left), Number::of(right)) else {
        unreachable!("the operands were looked at")
    };
    if let (Some(first), Some(second)) = (small_fraction(first), small_fraction(second)) {
        vm.charge(1);
        let (negative, top, bottom) = small_result(operation, first, second);
        let words = |number: u128| [number as u64, (number >> 64) as u64];
        return make_ratio(vm, name, negative, &words(top), &words(bottom));
    }
    let (Some(first), Some(second)) = (first.fraction(), second.fraction()) else {
        unreachable!("the operands are exact")
    };
    let task = Task { operation: operation as i64, left, right };
    let (negative, top, bottom) = in_goes(vm, task, |work| match operation {
        Arithmetic::Add => sum(work, first, second, second.0.negative),
        Arithmetic::Subtract => sum(work, first, second, !second.0.negative),
        Arithmetic::Multiply => product(work, name, first, second),
        _ if first.1.limbs() == [1] && second.1.limbs() == [1] => quotient(work, first.0, second.0),
        _ => product(work, name, first, (second.1, second.0)).map(|(_, top, bottom)| {
            let negative = first.0.negative != second.0.negative;
            (negative, top, bottom)
        }),
    })?;
    make_ratio(vm, name, negative, &top, &bottom)
}

/// The same in machine words: no part of a fixnum fraction has more than 61 bits.
fn small_result(operation: Arithmetic, left: (i64, i64), right: (i64, i64)) -> (bool, u128, u128) {
    let gcd = |left: i64, right: i64| num_integer::gcd(left.unsigned_abs(), right.unsigned_abs());
    let quotient = |number: i64, divisor: u64| u128::from(number.unsigned_abs() / divisor);
    let ((a, b), (c, d)) = (left, right);
    match operation {
        Arithmetic::Add | Arithmetic::Subtract => {
            let divisor = gcd(b, d);
            let (b_part, d_part) = (quotient(b, divisor) as i128, quotient(d, divisor) as i128);
            let (first, second) = (i128::from(a) * d_part, i128::from(c) * b_part);
            let sum = if operation == Arithmetic::Add { first + second } else { first - second };
            let magnitude = sum.unsigned_abs();
            let rest = num_integer::gcd((magnitude % u128::from(divisor)) as u64, divisor);
            (sum < 0, magnitude / u128::from(rest), b_part as u128 * quotient(d, rest))
        }
        Arithmetic::Multiply => {
            let (first, second) = (gcd(a, d), gcd(c, b));
            let top = quotient(a, first) * quotient(c, second);
            ((a < 0) != (c < 0), top, quotient(b, second) * quotient(d, first))
        }
        _ => {
            let (first, second) = (gcd(a, c), gcd(d, b));
            let top = quotient(a, first) * quotient(d, second);
            ((a < 0) != (c < 0), top, quotient(b, second) * quotient(c, first))
        }
    }
}

fn sum(
    work: &mut Work,
    (a, b): (Magnitude<'_>, Magnitude<'_>),
    (c, d): (Magnitude<'_>, Magnitude<'_>),
    second_negative: bool,
) -> Result<Fraction, Stop> {
    let divisor = work.gcd(b.limbs(), d.limbs())?;
    let (b_part, d_part) = (work.quotient(b.limbs(), &divisor)?, work.quotient(d.limbs(), &divisor)?);
    let first = work.multiply(a.limbs(), &d_part)?;
    let second = work.multiply(c.limbs(), &b_part)?;
    let (negative, top) = if a.negative == second_negative {
        (a.negative, limbs::add(&first, &second))
    } else if limbs::compare(&first, &second).is_ge() {
        (a.negative, limbs::subtract(limbs::trim(&first), limbs::trim(&second)))
    } else {
        (second_negative, limbs::subtract(limbs::trim(&second), limbs::trim(&first)))
    };
    if limbs::trim(&top).is_empty() {
        return Ok((false, Limbs::new(), SmallVec::from_slice(&[1])));
    }
    let rest = work.gcd(&top, &divisor)?;
    let top = work.quotient(&top, &rest)?;
    let d_rest = work.quotient(d.limbs(), &rest)?;
    Ok((negative, top, work.multiply(&b_part, &d_rest)?))
}

/// The quotient of two integers. One that is whole takes one division.
fn quotient(work: &mut Work, left: Magnitude<'_>, right: Magnitude<'_>) -> Result<Fraction, Stop> {
    let negative = left.negative != right.negative;
    let (whole, rest) = work.divide(left.limbs(), right.limbs())?;
    if limbs::trim(&rest).is_empty() {
        return Ok((negative, whole, SmallVec::from_slice(&[1])));
    }
    let divisor = work.gcd(right.limbs(), &rest)?;
    let top = work.quotient(left.limbs(), &divisor)?;
    Ok((negative, top, work.quotient(right.limbs(), &divisor)?))
}

fn product(
    work: &mut Work,
    name: &str,
    (a, b): (Magnitude<'_>, Magnitude<'_>),
    (c, d): (Magnitude<'_>, Magnitude<'_>),
) -> Result<Fraction, Stop> {
    let first = work.gcd(a.limbs(), d.limbs())?;
    let second = work.gcd(c.limbs(), b.limbs())?;
    let (a_part, c_part) = (work.quotient(a.limbs(), &first)?, work.quotient(c.limbs(), &second)?);
    let (b_part, d_part) = (work.quotient(b.limbs(), &second)?, work.quotient(d.limbs(), &first)?);
    for (left, right) in [(&a_part, &c_part), (&b_part, &d_part)] {
        check_bits(name, (limbs::bits(left) + limbs::bits(right)).saturating_sub(1))?;
    }
    let negative = a.negative != c.negative;
    Ok((negative, work.multiply(&a_part, &c_part)?, work.multiply(&b_part, &d_part)?))
}

/// The order of two exact numbers. Charges.
pub(super) fn order(vm: &mut Vm<'_>, left: Value, right: Value) -> Result<Ordering, Trap> {
    let small = |value| Number::of(value).and_then(small_fraction);
    if let (Some((a, b)), Some((c, d))) = (small(left), small(right)) {
        return Ok((i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b))));
    }
    let fraction = |value| Number::of(value).and_then(Number::fraction);
    let (Some((a, b)), Some((c, d))) = (fraction(left), fraction(right)) else {
        unreachable!("the operands are exact")
    };
    let is_zero = |part: &Magnitude<'_>| limbs::bits(part.limbs()) == 0;
    let same =
        |left: &Magnitude<'_>, right: &Magnitude<'_>| limbs::compare(left.limbs(), right.limbs()).is_eq();
    if a.negative != c.negative || is_zero(&a) || is_zero(&c) {
        let sign = |part: &Magnitude<'_>| if part.negative { -1 } else { i32::from(!is_zero(part)) };
        return Ok(sign(&a).cmp(&sign(&c)));
    }
    if same(&a, &c) && same(&b, &d) {
        return Ok(Ordering::Equal);
    }
    let mut magnitudes = Ordering::Equal;
    let length: usize = [a, b, c, d].iter().map(|part| part.limbs().len()).sum();
    if length > SHORT_LIMBS {
        vm.charge_steps(length);
        magnitudes = rough_order((a, b), (c, d));
    }
    if magnitudes.is_eq() {
        magnitudes = in_goes(vm, Task { operation: COMPARISON, left, right }, |work| {
            let first = work.multiply(a.limbs(), d.limbs())?;
            Ok(limbs::compare(&first, &work.multiply(c.limbs(), b.limbs())?))
        })?;
    }
    Ok(if a.negative { magnitudes.reverse() } else { magnitudes })
}

/// The order of two positive fractions as far as their leading bits tell. O(n).
fn rough_order((a, b): (Magnitude<'_>, Magnitude<'_>), (c, d): (Magnitude<'_>, Magnitude<'_>)) -> Ordering {
    let size = |top: &Magnitude<'_>, bottom: &Magnitude<'_>| {
        limbs::bits(top.limbs()) as i64 - limbs::bits(bottom.limbs()) as i64
    };
    // A quotient lies between the powers of two on both sides of this.
    let difference = size(&a, &b) - size(&c, &d);
    if difference.abs() > 1 {
        return difference.cmp(&0);
    }
    let (first, _, first_exponent) = leading_bits(a.limbs(), b.limbs());
    let (second, _, second_exponent) = leading_bits(c.limbs(), d.limbs());
    let least = first_exponent.min(second_exponent);
    // Each is rounded down by less than a unit of its own, and those differ by a factor of two at most.
    let (first, second) = (first << (first_exponent - least), second << (second_exponent - least));
    if first.abs_diff(second) > 2 { first.cmp(&second) } else { Ordering::Equal }
}

/// The order of a ratio and a float; none if that is not a number at all. O(n).
pub(super) fn order_with_float(ratio: Number<'_>, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let (top, bottom) = ratio.fraction()?;
    if float == 0.0 || top.negative != (float < 0.0) {
        return Some(if top.negative { Ordering::Less } else { Ordering::Greater });
    }
    let magnitudes = if float.is_infinite() {
        Ordering::Less
    } else {
        let (mantissa, exponent) = parts(float);
        let size = limbs::bits(top.limbs()) as i64 - limbs::bits(bottom.limbs()) as i64;
        let float_size = i64::from(64 - mantissa.leading_zeros()) + i64::from(exponent);
        if (size - float_size).abs() > 2 {
            size.cmp(&float_size)
        } else {
            let first = limbs::to_big(top.limbs()) << (-exponent).max(0);
            let second = (limbs::to_big(bottom.limbs()) * mantissa) << exponent.max(0);
            first.cmp(&second)
        }
    };
    Some(if top.negative { magnitudes.reverse() } else { magnitudes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn magnitude<'a>(number: i64) -> Magnitude<'a> {
        Number::Fixnum(number).integer().expect("a fixnum is an integer")
    }

    fn fixnum() -> impl Strategy<Value = i64> {
        prop_oneof![
            -40_i64..40,
            Value::FIXNUM_MIN..=Value::FIXNUM_MAX,
            Just(Value::FIXNUM_MIN),
            Just(Value::FIXNUM_MAX)
        ]
    }

    fn fraction() -> impl Strategy<Value = (i64, i64)> {
        (fixnum(), fixnum()).prop_filter_map("the denominator is positive", |(top, bottom)| {
            let divisor = num_integer::gcd(top, bottom);
            (bottom > 0).then(|| (top / divisor, bottom / divisor))
        })
    }

    fn whole(number: u128) -> BigUint {
        BigUint::from(number)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn machine_words_and_limbs_agree(left in fraction(), right in fraction()) {
            let operands = |(top, bottom)| (magnitude(top), magnitude(bottom));
            let (first, second) = (operands(left), operands(right));
            let mut work = Work::new();
            let negative = second.0.negative;
            let checks = [
                (Arithmetic::Add, sum(&mut work, first, second, negative)),
                (Arithmetic::Subtract, sum(&mut work, first, second, !negative)),
                (Arithmetic::Multiply, product(&mut work, "*", first, second)),
            ];
            for (operation, in_limbs) in checks {
                let Ok((_, top, bottom)) = in_limbs else { return Err(TestCaseError::fail("it stopped")) };
                let (_, small_top, small_bottom) = small_result(operation, left, right);
                prop_assert_eq!(limbs::to_big(&top), whole(small_top), "{:?}", operation);
                prop_assert_eq!(limbs::to_big(&bottom), whole(small_bottom), "{:?}", operation);
            }
            if right.0 != 0 {
                let (negative, top, bottom) = small_result(Arithmetic::Divide, left, right);
                let cross = |number: i64, other: i64| whole(number.unsigned_abs().into()) * other.unsigned_abs();
                prop_assert_eq!(cross(left.0, right.1) * whole(bottom), cross(left.1, right.0) * whole(top));
                prop_assert_eq!(num_integer::gcd(top, bottom), 1);
                prop_assert_eq!(negative, (left.0 < 0) != (right.0 < 0));
            }
        }

        #[test]
        fn leading_bits_never_give_a_wrong_order(left in fraction(), right in fraction()) {
            prop_assume!(left.0 != 0 && right.0 != 0);
            let operands = |(top, bottom)| (magnitude(top), magnitude(bottom));
            let rough = rough_order(operands(left), operands(right));
            let cross = |number: i64, other: i64| i128::from(number).abs() * i128::from(other);
            let exact = cross(left.0, right.1).cmp(&cross(right.0, left.1));
            prop_assert!(rough.is_eq() || rough == exact);
        }
    }
}
