//! From exact numbers to floats, from floats to exact numbers, and from both to integers.
//!
//! 1. A float is the one nearest to the exact value, an even one if two are: there is one rounding only, whatever the
//!    size of numerator and denominator.

use std::cmp::Ordering;

use arena::Value;
use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

use super::limbs::{self, Limbs};
use super::{Ratio, make_integer, make_ratio};
use crate::error::Trap;
use crate::machine::Vm;

/// Bits of the mantissa of a float.
const MANTISSA_BITS: i64 = 53;
/// Exponent of the last bit of the smallest floats.
const EXPONENT_MIN: i64 = -1_074;
/// Bits of a quotient that is rounded: enough for a mantissa and the bit after it.
const QUOTIENT_BITS: i64 = 66;

/// The float nearest to `mantissa * 2^exponent`, or to a little more if `more`; then the mantissa has 55 bits at least.
pub(super) fn nearest(mantissa: u128, more: bool, exponent: i64) -> f64 {
    let bits = i64::from(u128::BITS - mantissa.leading_zeros());
    let dropped = (bits - MANTISSA_BITS).max(EXPONENT_MIN - exponent).max(0);
    if bits + exponent > f64::MAX_EXP.into() {
        return f64::INFINITY;
    }
    if dropped > bits {
        return 0.0;
    }
    let (kept, rest) = match dropped {
        128 => (0, mantissa),
        dropped => (mantissa >> dropped, mantissa & ((1 << dropped) - 1)),
    };
    let up = dropped > 0
        && match rest.cmp(&(1 << (dropped - 1))) {
            Ordering::Less => false,
            Ordering::Equal => more || kept & 1 == 1,
            Ordering::Greater => true,
        };
    // At most 2^53, and a multiple of a power of two that floats have: nothing is rounded again.
    libm::scalbn((kept as u64 + u64::from(up)) as f64, (exponent + dropped) as i32)
}

/// Leading bits of a quotient, whether there is more, and the exponent of the last bit.
pub(super) fn leading_bits(top: &[u64], bottom: &[u64]) -> (u128, bool, i64) {
    let exponent = limbs::bits(top) as i64 - limbs::bits(bottom) as i64 - QUOTIENT_BITS;
    let shifted = |limbs, distance: i64| limbs::to_big(limbs) << distance.max(0);
    let (quotient, rest) = shifted(top, -exponent).div_rem(&shifted(bottom, exponent));
    (quotient.to_u128().unwrap_or(u128::MAX), !rest.is_zero(), exponent)
}

/// The float nearest to a quotient. `bottom` must not be zero. O(n).
pub(crate) fn quotient_to_f64(top: &[u64], bottom: &[u64]) -> f64 {
    match (limbs::trim(top), limbs::trim(bottom)) {
        ([], _) => 0.0,
        ([top], [1]) => *top as f64,
        (top, bottom) => {
            let (mantissa, more, exponent) = leading_bits(top, bottom);
            nearest(mantissa, more, exponent)
        }
    }
}

/// Natural logarithm of a natural number of any size, not zero.
pub(crate) fn natural_logarithm_of(limbs: &[u64]) -> f64 {
    let (mantissa, _, exponent) = leading_bits(limbs, &[1]);
    libm::log(mantissa as f64) + exponent as f64 * std::f64::consts::LN_2
}

/// Magnitude of a finite float: `mantissa * 2^exponent`.
pub(super) fn parts(float: f64) -> (u64, i32) {
    let bits = float.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1_074) } else { (fraction | 1 << 52, exponent - 1_075) }
}

/// The exact number that a finite float is. Reserves.
pub(crate) fn exact_of_float(vm: &mut Vm<'_>, name: &str, float: f64) -> Result<Value, Trap> {
    let (mantissa, exponent) = parts(float);
    if mantissa == 0 {
        return Ok(Value::ZERO);
    }
    let common = mantissa.trailing_zeros() as i32;
    let (mantissa, exponent) = (mantissa >> common, exponent + common);
    let shifted = |number: u64, distance: i32| (BigUint::from(number) << distance.max(0)).to_u64_digits();
    make_ratio(vm, name, float.is_sign_negative(), &shifted(mantissa, exponent), &shifted(1, -exponent))
}

/// Ways to an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Floor,
    Ceiling,
    Truncate,
    /// To the nearest, to the even one of two.
    Round,
}

impl Rounding {
    pub(crate) fn float(self, float: f64) -> f64 {
        match self {
            Rounding::Floor => libm::floor(float),
            Rounding::Ceiling => libm::ceil(float),
            Rounding::Truncate => libm::trunc(float),
            Rounding::Round => libm::rint(float),
        }
    }
}

/// The integer that a ratio is rounded to. Charges; reserves.
pub(crate) fn rounded(vm: &mut Vm<'_>, name: &str, rounding: Rounding, ratio: Ratio) -> Result<Value, Trap> {
    let Some((top, bottom)) = super::Number::Ratio(ratio).fraction() else { return Ok(Value::ZERO) };
    let (length, divisor) = (top.limbs().len(), bottom.limbs().len());
    vm.charge_steps((length + 1).saturating_sub(divisor) * divisor);
    let (quotient, remainder) = limbs::divide(top.limbs(), bottom.limbs());
    let away = match rounding {
        Rounding::Floor => top.negative,
        Rounding::Ceiling => !top.negative,
        Rounding::Truncate => false,
        Rounding::Round => {
            let is_odd = quotient.first().is_some_and(|limb| limb & 1 == 1);
            let half = limbs::compare(&limbs::add(&remainder, &remainder), bottom.limbs());
            half.is_gt() || half.is_eq() && is_odd
        }
    };
    let magnitude: Limbs = if away { limbs::add(&quotient, &[1]) } else { quotient };
    make_integer(vm, name, top.negative, &magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

    /// The distance of a finite float from a quotient, times a positive number that does not depend on the float.
    fn distance(top: &BigUint, bottom: &BigUint, float: f64) -> BigUint {
        let (mantissa, exponent) = parts(float);
        let float = (BigInt::from(mantissa) << (exponent + 1_074)) * BigInt::from(bottom.clone());
        let difference: BigInt = float - (BigInt::from(top.clone()) << 1_074);
        difference.magnitude().clone()
    }

    fn check(top: &BigUint, bottom: &BigUint) {
        let float = quotient_to_f64(&top.to_u64_digits(), &bottom.to_u64_digits());
        if float.is_infinite() {
            // Half a unit above the largest float.
            let least = (BigUint::from((1_u64 << 54) - 1) << 970) * bottom;
            assert!(*top >= least, "{top}/{bottom}");
            return;
        }
        let here = distance(top, bottom, float);
        for neighbour in [float.next_up(), float.next_down()] {
            if neighbour.is_finite() && neighbour >= 0.0 {
                let there = distance(top, bottom, neighbour);
                let even = float.to_bits() & 1 == 0;
                assert!(here < there || here == there && even, "{top}/{bottom} is not {float:e}");
            }
        }
    }

    fn natural(most: usize) -> impl Strategy<Value = BigUint> {
        (prop::collection::vec(any::<u32>(), 0..most), 0_u32..40, -1_i32..=1).prop_map(
            |(digits, shift, edge)| {
                let big = BigInt::from(BigUint::new(digits) << shift) + edge;
                big.to_biguint().unwrap_or_default()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn quotients_are_rounded_to_the_nearest_float(top in natural(80), bottom in natural(80)) {
            prop_assume!(!bottom.is_zero());
            check(&top, &bottom);
            check(&top, &BigUint::from(1_u8));
        }

        #[test]
        fn midpoints_go_to_the_even_float(bits: u64, scale in 1_u64..1000) {
            let float = f64::from_bits(bits).abs();
            prop_assume!(float.is_finite());
            let (mantissa, exponent) = parts(float);
            for part in [2 * u128::from(mantissa), 2 * u128::from(mantissa) + 1] {
                let top = (BigUint::from(part) << (exponent - 1).max(0)) * scale;
                let bottom = (BigUint::from(1_u8) << (1 - exponent).max(0)) * scale;
                check(&top, &bottom);
            }
            let (top, bottom) = (BigUint::from(mantissa) << exponent.max(0), BigUint::from(1_u8) << (-exponent).max(0));
            prop_assert_eq!(quotient_to_f64(&top.to_u64_digits(), &bottom.to_u64_digits()), float);
        }
    }
}
