//! Powers and roots, exact where they can be.

use std::cmp::Ordering;

use arena::Value;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

use super::limbs::{self, Limbs};
use super::rounding::nearest;
use super::work::{Task, in_goes};
use super::{Number, check_bits, make_ratio};
use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;

/// What a power is in the register of long arithmetic; operations have numbers of their own.
const POWER: i64 = 101;
/// The same for a power that is a ratio.
const RATIONAL_POWER: i64 = 102;
/// Bits of a number whose root is rounded: twice those of a mantissa and some.
const ROOT_BITS: u64 = 126;

/// `(expt base power)` for exact numbers, the base no fraction of ones and zeros, the power not zero. Reserves.
#[optimize(size)]
fn exact_power(vm: &mut Vm<'_>, base: Value, power: i64) -> Result<Value, Trap> {
    let Some((top, bottom)) = Number::of(base).and_then(Number::fraction) else { return Ok(base) };
    let count = power.unsigned_abs();
    // A number of b bits is at least 2^(b-1).
    let least = |number: &[u64]| (limbs::bits(number) as u64 - 1).saturating_mul(count).saturating_add(1);
    let bits = least(top.limbs()).max(least(bottom.limbs()));
    check_bits("expt", usize::try_from(bits).unwrap_or(usize::MAX))?;
    let negative = top.negative && count % 2 == 1;
    let task = Task { operation: POWER, left: base, right: Value::fixnum(power) };
    let (top, bottom) = in_goes(vm, task, |work| {
        let power = |work: &mut super::work::Work, number: &[u64]| match number {
            [1] => Ok(Limbs::from_slice(number)),
            // The number of bits bounds the power.
            number => work.power(number, u32::try_from(count).unwrap_or(u32::MAX)),
        };
        Ok((power(work, top.limbs())?, power(work, bottom.limbs())?))
    })?;
    let (top, bottom) = if power < 0 { (bottom, top) } else { (top, bottom) };
    make_ratio(vm, "expt", negative, &top, &bottom)
}

/// `(expt base power)` for an exact base that is not negative and a ratio, if that is exact. Reserves.
#[optimize(size)]
fn exact_rational_power(vm: &mut Vm<'_>, base: Value, power: Value) -> Result<Option<Value>, Trap> {
    let Some(Number::Ratio(ratio)) = Number::of(power) else { return Ok(None) };
    let (Some(times), Some(degree)) = (ratio.numerator().to_fixnum(), ratio.denominator().to_fixnum()) else {
        return Ok(None);
    };
    let Some((top, bottom)) = Number::of(base).and_then(Number::fraction) else { return Ok(None) };
    let (Ok(degree), count) = (u32::try_from(degree), times.unsigned_abs()) else { return Ok(None) };
    let task = Task { operation: RATIONAL_POWER, left: base, right: power };
    let parts = in_goes(vm, task, |work| {
        let mut parts = Vec::with_capacity(2);
        // In lowest terms, a fraction has a root if both parts have.
        for part in [bottom.limbs(), top.limbs()] {
            let Some(root) = work.root(part, degree)? else { return Ok(None) };
            if root[..] == [1] {
                parts.push(root);
                continue;
            }
            let bits = (limbs::bits(&root) as u64 - 1).saturating_mul(count).saturating_add(1);
            check_bits("expt", usize::try_from(bits).unwrap_or(usize::MAX))?;
            parts.push(work.power(&root, u32::try_from(count).unwrap_or(u32::MAX))?);
        }
        Ok(Some(parts))
    })?;
    let Some([bottom, top]) = parts.as_deref() else { return Ok(None) };
    let (top, bottom) = if times < 0 { (bottom, top) } else { (top, bottom) };
    make_ratio(vm, "expt", false, top, bottom).map(Some)
}

#[cold]
fn refused(message: &str) -> Trap {
    Trap::error(ErrorKind::Arithmetic, format!("expt: {message}"), &[]).raised_by("expt")
}

/// `(expt base power)`. Reserves.
#[optimize(size)]
pub(crate) fn exponent(vm: &mut Vm<'_>, base: Value, power: Value) -> Result<Value, Trap> {
    let first = Number::of(base).ok_or_else(|| Trap::wrong_type("expt", 1, "a number", base))?;
    let second = Number::of(power).ok_or_else(|| Trap::wrong_type("expt", 2, "a number", power))?;
    if first.is_exact() && second.is_exact_integer() {
        let is_odd = match second {
            Number::Fixnum(small) => small & 1 == 1,
            Number::Big { limbs, .. } => limbs[0] & 1 == 1,
            _ => false,
        };
        return match (first, second) {
            (_, Number::Fixnum(0)) => Ok(Value::fixnum(1)),
            (Number::Fixnum(0), power) if power.is_negative() => Err(refused("division by zero")),
            (Number::Fixnum(small @ 0..=1), _) => Ok(Value::fixnum(small)),
            (Number::Fixnum(-1), _) => Ok(Value::fixnum(if is_odd { -1 } else { 1 })),
            (_, Number::Fixnum(power)) => exact_power(vm, base, power),
            _ => Err(super::too_large("expt", usize::MAX)),
        };
    }
    if first.is_exact() && second.is_exact() && first.is_zero() {
        return if second.is_negative() { Err(refused("division by zero")) } else { Ok(Value::ZERO) };
    }
    if first.is_exact()
        && second.is_exact()
        && !first.is_negative()
        && let Some(exact) = exact_rational_power(vm, base, power)?
    {
        return Ok(exact);
    }
    let (first, second) = (Number::of(base), Number::of(power));
    let (base, power) = (first.map_or(0.0, Number::to_f64), second.map_or(0.0, Number::to_f64));
    if base < 0.0 && power.is_finite() && power.fract() != 0.0 {
        return Err(refused("complex numbers are not supported"));
    }
    vm.make_flonum(libm::pow(base, power))
}

/// Root and rest of a natural number. Charges.
pub(crate) fn exact_integer_sqrt(vm: &mut Vm<'_>, number: Number<'_>) -> Option<(BigInt, BigInt)> {
    let number = number.integer().filter(|number| !number.negative)?;
    let (root, rest) = charged_root(vm, number.limbs());
    Some((root.into(), rest.into()))
}

fn charged_root(vm: &mut Vm<'_>, limbs: &[u64]) -> (BigUint, BigUint) {
    vm.charge_steps(limbs.len() * limbs.len() / 8);
    square_root(limbs::to_big(limbs))
}

/// The root of an exact number that is not negative, if it is exact as well. Charges; reserves.
#[optimize(size)]
pub(crate) fn exact_root(vm: &mut Vm<'_>, number: Number<'_>) -> Result<Option<Value>, Trap> {
    let Some((top, bottom)) = number.fraction() else { return Ok(None) };
    let mut roots = Vec::with_capacity(2);
    // In lowest terms, a fraction is a square if both parts are.
    for part in [bottom, top] {
        if !may_be_square(part.limbs()) {
            return Ok(None);
        }
        let (root, rest) = charged_root(vm, part.limbs());
        if !rest.is_zero() {
            return Ok(None);
        }
        roots.push(root.to_u64_digits());
    }
    make_ratio(vm, "sqrt", false, &roots[1], &roots[0]).map(Some)
}

/// Three quarters and more of all numbers are no squares by their last bits.
fn may_be_square(limbs: &[u64]) -> bool {
    let low = limbs.first().map_or(0, |limb| limb % 64);
    (0..32_u64).any(|root| root * root % 64 == low)
}

/// The float nearest to the root of an exact number that is not negative, of any size. O(n).
#[optimize(size)]
pub(crate) fn root_to_f64(number: Number<'_>) -> f64 {
    let Some((top, bottom)) = number.fraction() else { return libm::sqrt(number.to_f64()) };
    if limbs::bits(top.limbs()) == 0 {
        return 0.0;
    }
    let size = limbs::bits(top.limbs()) as i64 - limbs::bits(bottom.limbs()) as i64;
    // The quotient times 4^distance has about as many bits as are wanted.
    let distance = (ROOT_BITS as i64 - size).div_euclid(2);
    let shifted = |limbs, by: i64| limbs::to_big(limbs) << by.max(0);
    let (quotient, rest) =
        shifted(top.limbs(), 2 * distance).div_rem(&shifted(bottom.limbs(), -2 * distance));
    let quotient = quotient.to_u128().unwrap_or(u128::MAX);
    let root = quotient.isqrt();
    nearest(root, !rest.is_zero() || (root * root).cmp(&quotient) != Ordering::Equal, -distance)
}

/// Root and rest, from those of the upper half of the bits and one division (Zimmermann, "Karatsuba Square Root", 1999).
#[optimize(size)]
fn square_root(number: BigUint) -> (BigUint, BigUint) {
    const SMALL_BITS: u64 = 1_024;
    if number.bits() <= SMALL_BITS {
        let root = number.sqrt();
        let rest = number - &root * &root;
        return (root, rest);
    }
    // number = upper * 4^quarter + middle * 2^quarter + lower, upper at least half as long.
    let quarter = number.bits() / 4;
    let mask = (BigUint::from(1_u8) << quarter) - 1_u8;
    let (lower, middle) = (&number & &mask, (&number >> quarter) & &mask);
    let (root, rest) = square_root(number >> (2 * quarter));
    let (quotient, remainder) = ((rest << quarter) + middle).div_rem(&(&root << 1));
    let root = (root << quarter) + &quotient;
    let rest = (remainder << quarter) + lower;
    let excess = &quotient * &quotient;
    if rest >= excess {
        return (root, rest - excess);
    }
    // One too large: (r - 1)^2 = r^2 - 2r + 1.
    let rest = rest + (&root << 1) - 1_u8 - excess;
    (root - 1_u8, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn roots_are_the_largest_that_fit(digits in prop::collection::vec(any::<u32>(), 1..200), edge in -2_i32..=2) {
            let square = |number: &BigUint| number * number;
            let any = BigUint::new(digits);
            // Squares and their neighbours are where roundings show.
            let near = BigInt::from(square(&any)) + edge;
            for number in [any, near.to_biguint().unwrap_or_default()] {
                let (root, rest) = square_root(number.clone());
                prop_assert_eq!(square(&root) + &rest, number);
                prop_assert!(rest <= &root << 1);
            }
        }
    }
}
