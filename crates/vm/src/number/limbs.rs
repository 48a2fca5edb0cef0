//! Natural numbers as slices of 64-bit limbs, least significant first: the fast paths of bignum arithmetic.
//!
//! 1. Inputs may have zero limbs at their high end; results may too. [`trim`] takes them off.
//! 2. Long products and quotients go to `num-bigint`, which has the better algorithms; here is what is short.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use smallvec::SmallVec;

/// Limbs of a result on its way to a heap.
pub(crate) type Limbs = SmallVec<[u64; 8]>;

/// Products of two factors of more limbs than this are left to `num-bigint`.
const SCHOOLBOOK_LIMBS_MAX: usize = 16;

/// The slice without zero limbs at its high end.
pub(crate) fn trim(limbs: &[u64]) -> &[u64] {
    let length = limbs.iter().rposition(|limb| *limb != 0).map_or(0, |index| index + 1);
    &limbs[..length]
}

/// Bits of the number.
pub(crate) fn bits(limbs: &[u64]) -> usize {
    let limbs = trim(limbs);
    limbs.last().map_or(0, |top| limbs.len() * 64 - top.leading_zeros() as usize)
}

/// Compares two naturals.
pub(crate) fn compare(left: &[u64], right: &[u64]) -> Ordering {
    let (left, right) = (trim(left), trim(right));
    left.len().cmp(&right.len()).then_with(|| left.iter().rev().cmp(right.iter().rev()))
}

/// Sum.
pub(crate) fn add(left: &[u64], right: &[u64]) -> Limbs {
    let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
    let mut sum = Limbs::with_capacity(long.len() + 1);
    let mut carry = false;
    for (index, limb) in long.iter().enumerate() {
        let other = short.get(index).copied().unwrap_or(0);
        let (partial, first) = limb.overflowing_add(other);
        let (partial, second) = partial.overflowing_add(u64::from(carry));
        carry = first | second;
        sum.push(partial);
    }
    if carry {
        sum.push(1);
    }
    sum
}

/// Difference; `left` must not be the smaller.
pub(crate) fn subtract(left: &[u64], right: &[u64]) -> Limbs {
    debug_assert!(compare(left, right) != Ordering::Less);
    let mut difference = Limbs::with_capacity(left.len());
    let mut borrow = false;
    for (index, limb) in left.iter().enumerate() {
        let other = right.get(index).copied().unwrap_or(0);
        let (partial, first) = limb.overflowing_sub(other);
        let (partial, second) = partial.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        difference.push(partial);
    }
    difference
}

/// Product.
pub(crate) fn multiply(left: &[u64], right: &[u64]) -> Limbs {
    let (left, right) = (trim(left), trim(right));
    let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
    if short.len() > SCHOOLBOOK_LIMBS_MAX {
        return Limbs::from_vec((to_big(long) * to_big(short)).to_u64_digits());
    }
    let mut product: Limbs = SmallVec::from_elem(0, long.len() + short.len());
    for (shift, factor) in short.iter().enumerate() {
        let mut carry = 0_u64;
        for (index, limb) in long.iter().enumerate() {
            let slot = &mut product[shift + index];
            let wide = u128::from(*limb) * u128::from(*factor) + u128::from(*slot) + u128::from(carry);
            *slot = wide as u64;
            carry = (wide >> 64) as u64;
        }
        product[shift + long.len()] = carry;
    }
    product
}

/// Quotient and remainder; `right` must not be zero.
pub(crate) fn divide(left: &[u64], right: &[u64]) -> (Limbs, Limbs) {
    let right = trim(right);
    if compare(left, right) == Ordering::Less {
        return (Limbs::new(), Limbs::from_slice(left));
    }
    if let [divisor] = right {
        let mut quotient = Limbs::from_slice(left);
        let mut remainder = 0_u64;
        for limb in quotient.iter_mut().rev() {
            let wide = u128::from(remainder) << 64 | u128::from(*limb);
            *limb = (wide / u128::from(*divisor)) as u64;
            remainder = (wide % u128::from(*divisor)) as u64;
        }
        return (quotient, SmallVec::from_slice(&[remainder]));
    }
    let (quotient, remainder) = num_integer::Integer::div_rem(&to_big(left), &to_big(right));
    (Limbs::from_vec(quotient.to_u64_digits()), Limbs::from_vec(remainder.to_u64_digits()))
}

/// `left * x + right * y`, which must not be negative.
fn combine(left: &[u64], x: i64, right: &[u64], y: i64) -> Limbs {
    let mut sum = Limbs::with_capacity(left.len());
    let mut carry = 0_i128;
    for (index, limb) in left.iter().enumerate() {
        let other = right.get(index).copied().unwrap_or(0);
        carry += i128::from(*limb) * i128::from(x) + i128::from(other) * i128::from(y);
        sum.push(carry as u64);
        carry >>= 64;
    }
    debug_assert_eq!(carry, 0);
    Limbs::from_slice(trim(&sum))
}

/// Bits `high - 62 .. high` of a natural.
fn window(limbs: &[u64], high: usize) -> i64 {
    let low = high - 62;
    let (index, shift) = (low / 64, low % 64);
    let limb = |index: usize| limbs.get(index).copied().unwrap_or(0);
    let wide = u128::from(limb(index)) | u128::from(limb(index + 1)) << 64;
    ((wide >> shift) as u64 & ((1 << 62) - 1)) as i64
}

/// One round of Lehmer's algorithm (Knuth, "The Art of Computer Programming", 4.5.2, algorithm L): two naturals with the
/// same greatest common divisor, about 30 bits shorter. `left >= right > 0`; the answer's first is not the smaller.
pub(crate) fn lehmer(left: &[u64], right: &[u64]) -> (Limbs, Limbs) {
    let high = bits(left);
    let (mut a, mut b, mut c, mut d) = (1_i64, 0_i64, 0_i64, 1_i64);
    if high > 64 {
        let (mut x, mut y) = (window(left, high), window(right, high));
        while y + c != 0 && y + d != 0 {
            let quotient = (x + a) / (y + c);
            if quotient != (x + b) / (y + d) {
                break;
            }
            (a, c) = (c, a - quotient * c);
            (b, d) = (d, b - quotient * d);
            (x, y) = (y, x - quotient * y);
        }
    }
    if b == 0 {
        let (_, remainder) = divide(left, right);
        return (Limbs::from_slice(right), Limbs::from_slice(trim(&remainder)));
    }
    (combine(left, a, right, b), combine(left, c, right, d))
}

/// Power.
pub(crate) fn power(base: &[u64], power: u32) -> Limbs {
    Limbs::from_vec(to_big(base).pow(power).to_u64_digits())
}

/// The same natural for `num-bigint`.
pub(crate) fn to_big(limbs: &[u64]) -> BigUint {
    BigUint::new(limbs.iter().flat_map(|limb| [*limb as u32, (*limb >> 32) as u32]).collect())
}

/// The same integer for `num-bigint`.
pub(crate) fn to_signed(negative: bool, limbs: &[u64]) -> BigInt {
    BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, to_big(limbs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limbs() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()], 0..40)
    }

    proptest! {
        #[test]
        fn sums_differences_and_products_agree_with_num_bigint(left in limbs(), right in limbs()) {
            let (big_left, big_right) = (to_big(&left), to_big(&right));
            prop_assert_eq!(to_big(&add(&left, &right)), &big_left + &big_right);
            prop_assert_eq!(to_big(&multiply(&left, &right)), &big_left * &big_right);
            prop_assert_eq!(compare(&left, &right), big_left.cmp(&big_right));
            prop_assert_eq!(bits(&left) as u64, big_left.bits());
            if big_left >= big_right {
                prop_assert_eq!(to_big(&subtract(&left, &right)), big_left - big_right);
            }
        }

        #[test]
        fn rounds_of_lehmer_keep_the_greatest_common_divisor(
            left in limbs(), right in limbs(), common in prop::collection::vec(any::<u64>(), 1..4)
        ) {
            let (mut left, mut right) = (multiply(&left, &common), multiply(&right, &common));
            if compare(&left, &right) == Ordering::Less {
                std::mem::swap(&mut left, &mut right);
            }
            let expected = num_integer::Integer::gcd(&to_big(&left), &to_big(&right));
            let mut rounds = 0;
            while !trim(&right).is_empty() {
                (left, right) = lehmer(&left, &right);
                prop_assert!(compare(&left, &right) != Ordering::Less);
                rounds += 1;
            }
            prop_assert_eq!(to_big(&left), expected);
            prop_assert!(rounds < 400);
        }

        #[test]
        fn quotient_times_divisor_plus_remainder_is_the_dividend(left in limbs(), right in limbs()) {
            prop_assume!(!trim(&right).is_empty());
            let (quotient, remainder) = divide(&left, &right);
            prop_assert_eq!(compare(&remainder, &right), Ordering::Less);
            let product = multiply(&quotient, &right);
            prop_assert_eq!(compare(&add(&product, &remainder), &left), Ordering::Equal);
        }
    }
}
