//! Ordering of numbers, exact across exactness: `(= 9007199254740993 9007199254740992.0)` is false, as is `(= 1/3 .333)`.

use std::cmp::Ordering;

use arena::Value;
use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::{Number, limbs, ratio};
use crate::error::Trap;
use crate::machine::Vm;

/// Comparisons of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::Less => "<",
            Comparison::Greater => ">",
            Comparison::LessOrEqual => "<=",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    pub(crate) fn holds(self, ordering: Option<Ordering>) -> bool {
        let Some(ordering) = ordering else { return false };
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Less => ordering.is_lt(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Compares two values, numbers or not: what the interpreter does not do itself. Charges.
#[cold]
#[inline(never)]
pub(crate) fn compare(
    vm: &mut Vm<'_>,
    comparison: Comparison,
    left: Value,
    right: Value,
) -> Result<bool, Trap> {
    compare_at(vm, comparison, left, right, 1)
}

/// The same, where `left` is argument `position`, counted from 1, and `right` the one after it.
pub(crate) fn compare_at(
    vm: &mut Vm<'_>,
    comparison: Comparison,
    left: Value,
    right: Value,
    position: usize,
) -> Result<bool, Trap> {
    let wrong = |position, value| Trap::wrong_type(comparison.name(), position, "a number", value);
    let first = Number::of(left).ok_or_else(|| wrong(position, left))?;
    let second = Number::of(right).ok_or_else(|| wrong(position + 1, right))?;
    let order = match (first, second) {
        (Number::Ratio(_), _) | (_, Number::Ratio(_)) if first.is_exact() && second.is_exact() => {
            Some(ratio::order(vm, left, right)?)
        }
        _ => order(first, second),
    };
    Ok(comparison.holds(order))
}

/// The order of two integers, or of an exact number and a float; none if one is not a number at all.
fn order(left: Number<'_>, right: Number<'_>) -> Option<Ordering> {
    match (left, right) {
        (Number::Fixnum(left), Number::Fixnum(right)) => Some(left.cmp(&right)),
        (Number::Flonum(left), Number::Flonum(right)) => left.partial_cmp(&right),
        (exact, Number::Flonum(float)) => order_exact_and_float(exact, float),
        (Number::Flonum(float), exact) => order_exact_and_float(exact, float).map(Ordering::reverse),
        (left, right) => {
            let (Some(left), Some(right)) = (left.integer(), right.integer()) else {
                unreachable!("floats and ratios are done")
            };
            Some(match (left.negative, right.negative) {
                (false, true) => Ordering::Greater,
                (true, false) => Ordering::Less,
                (false, false) => limbs::compare(left.limbs(), right.limbs()),
                (true, true) => limbs::compare(right.limbs(), left.limbs()),
            })
        }
    }
}

fn order_exact_and_float(exact: Number<'_>, float: f64) -> Option<Ordering> {
    if let Number::Ratio(_) = exact {
        return ratio::order_with_float(exact, float);
    }
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = float.floor();
    let ordering = match exact {
        Number::Fixnum(small) if whole.abs() < 9.0e18 => small.cmp(&(whole as i64)),
        Number::Fixnum(_) => return Some(if whole > 0.0 { Ordering::Less } else { Ordering::Greater }),
        exact => exact.to_big()?.cmp(&BigInt::from_f64(whole)?),
    };
    // At equal whole parts, the float's fraction decides.
    Some(ordering.then(if float > whole { Ordering::Less } else { Ordering::Equal }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_inexact_compare_by_value_and_not_by_rounding() {
        let near = 9_007_199_254_740_993_i64;
        assert_eq!(order(Number::Fixnum(near), Number::Flonum(near as f64)), Some(Ordering::Greater));
        assert_eq!(order(Number::Fixnum(2), Number::Flonum(2.5)), Some(Ordering::Less));
        assert_eq!(order(Number::Fixnum(-2), Number::Flonum(-2.5)), Some(Ordering::Greater));
        assert_eq!(order(Number::Flonum(1e300), Number::Fixnum(1)), Some(Ordering::Greater));
        assert_eq!(order(Number::Fixnum(0), Number::Flonum(-0.0)), Some(Ordering::Equal));
        assert_eq!(order(Number::Fixnum(0), Number::Flonum(f64::NAN)), None);
        assert_eq!(order(Number::Fixnum(0), Number::Flonum(f64::NEG_INFINITY)), Some(Ordering::Greater));
        let big = Number::Big { negative: false, limbs: &[1, 1] };
        assert_eq!(order(big, Number::Flonum(18_446_744_073_709_551_616.0)), Some(Ordering::Greater));
        assert_eq!(order(big, Number::Fixnum(i64::MAX)), Some(Ordering::Greater));
        assert_eq!(order(Number::Big { negative: true, limbs: &[1, 1] }, big), Some(Ordering::Less));
    }
}
