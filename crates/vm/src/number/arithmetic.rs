//! The four operations, integer division, powers and roots, on every combination of types. Nothing wraps.

use arena::Value;
use num_bigint::BigInt;
use num_traits::Signed;

use super::limbs::{self, Limbs};
use super::{Magnitude, Number, check_bits, make_big, make_integer};
use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;

/// Operations of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Rounds towards zero.
    Quotient,
    /// Has the sign of the dividend.
    Remainder,
    /// Has the sign of the divisor.
    Modulo,
    /// Rounds towards negative infinity.
    FloorQuotient,
}

impl Arithmetic {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Quotient => "quotient",
            Arithmetic::Remainder => "remainder",
            Arithmetic::Modulo => "modulo",
            Arithmetic::FloorQuotient => "floor-quotient",
        }
    }

    const fn is_integer_division(self) -> bool {
        use Arithmetic::{FloorQuotient, Modulo, Quotient, Remainder};
        matches!(self, Quotient | Remainder | Modulo | FloorQuotient)
    }
}

/// `left operation right` for any two values. Reserves.
pub(crate) fn arithmetic(
    vm: &mut Vm<'_>,
    operation: Arithmetic,
    left: Value,
    right: Value,
) -> Result<Value, Trap> {
    combine(vm, operation, operation.name(), left, right, 2)
}

/// The same under another name, where `right` is argument `position`, counted from 1. Reserves.
pub(crate) fn combine(
    vm: &mut Vm<'_>,
    operation: Arithmetic,
    name: &str,
    left: Value,
    right: Value,
    position: usize,
) -> Result<Value, Trap> {
    if left.both_fixnums(right)
        && let Some(value) = small(operation, left.as_fixnum(), right.as_fixnum())
    {
        return Ok(value);
    }
    let wanted = if operation.is_integer_division() { "an integer" } else { "a number" };
    let operand = |value, position| match Number::of(value) {
        Some(number) if !operation.is_integer_division() || number.is_integer() => Ok(number),
        _ => Err(Trap::wrong_type(name, position, wanted, value)),
    };
    let first = operand(left, 1)?;
    let second = operand(right, position)?;
    match (first.exact(), second.exact()) {
        (Ok(left), Ok(right)) => exact(vm, operation, name, &left, &right),
        (_, Ok(right)) if division_by_zero(operation, &right) => Err(zero_divisor(name)),
        _ => {
            let result = inexact(operation, first.to_f64(), second.to_f64());
            result.map_or_else(|| Err(zero_divisor(name)), |result| vm.make_flonum(result))
        }
    }
}

/// Fixnum results of fixnums.
fn small(operation: Arithmetic, left: i64, right: i64) -> Option<Value> {
    let result = match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left.checked_mul(right)?,
        Arithmetic::Quotient => left.checked_div(right)?,
        Arithmetic::Remainder => left.checked_rem(right)?,
        _ => return None,
    };
    Value::try_fixnum(result)
}

fn division_by_zero(operation: Arithmetic, divisor: &Magnitude<'_>) -> bool {
    let divides = operation.is_integer_division() || operation == Arithmetic::Divide;
    divides && limbs::trim(divisor.limbs()).is_empty()
}

#[cold]
fn zero_divisor(name: &str) -> Trap {
    Trap::error(ErrorKind::Arithmetic, format!("{name}: division by zero"), &[])
}

/// `None` for an integer division by zero.
fn inexact(operation: Arithmetic, left: f64, right: f64) -> Option<f64> {
    if operation.is_integer_division() && right == 0.0 {
        return None;
    }
    Some(match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Quotient => libm::trunc(left / right),
        Arithmetic::Remainder => libm::fmod(left, right),
        Arithmetic::Modulo => {
            let remainder = libm::fmod(left, right);
            if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) { remainder + right } else { remainder }
        }
        Arithmetic::FloorQuotient => libm::floor(left / right),
    })
}

fn exact(
    vm: &mut Vm<'_>,
    operation: Arithmetic,
    name: &str,
    left: &Magnitude<'_>,
    right: &Magnitude<'_>,
) -> Result<Value, Trap> {
    if division_by_zero(operation, right) {
        return Err(zero_divisor(name));
    }
    vm.charge_steps(steps(operation, left.limbs().len(), right.limbs().len()));
    let (negative, limbs) = match operation {
        Arithmetic::Add => add(left, right, right.negative),
        Arithmetic::Subtract => add(left, right, !right.negative),
        Arithmetic::Multiply => {
            check_bits(name, (limbs::bits(left.limbs()) + limbs::bits(right.limbs())).saturating_sub(1))?;
            (left.negative != right.negative, limbs::multiply(left.limbs(), right.limbs()))
        }
        Arithmetic::Divide => {
            let (quotient, remainder) = limbs::divide(left.limbs(), right.limbs());
            if !limbs::trim(&remainder).is_empty() {
                return Err(not_whole(name, left, right));
            }
            (left.negative != right.negative, quotient)
        }
        _ => divide(operation, left, right),
    };
    make_integer(vm, name, negative, &limbs)
}

/// How long an operation takes on numbers of so many limbs.
fn steps(operation: Arithmetic, left: usize, right: usize) -> usize {
    match operation {
        Arithmetic::Add | Arithmetic::Subtract => left.max(right) / 2,
        Arithmetic::Multiply => left * right / 2,
        _ => (left + 1).saturating_sub(right) * right,
    }
}

fn add(left: &Magnitude<'_>, right: &Magnitude<'_>, right_negative: bool) -> (bool, Limbs) {
    if left.negative == right_negative {
        (left.negative, limbs::add(left.limbs(), right.limbs()))
    } else if limbs::compare(left.limbs(), right.limbs()).is_ge() {
        (left.negative, limbs::subtract(limbs::trim(left.limbs()), limbs::trim(right.limbs())))
    } else {
        (right_negative, limbs::subtract(limbs::trim(right.limbs()), limbs::trim(left.limbs())))
    }
}

fn divide(operation: Arithmetic, left: &Magnitude<'_>, right: &Magnitude<'_>) -> (bool, Limbs) {
    let (quotient, remainder) = limbs::divide(left.limbs(), right.limbs());
    let signs_differ = left.negative != right.negative;
    let inexact = !limbs::trim(&remainder).is_empty();
    match operation {
        Arithmetic::Remainder => (left.negative, remainder),
        Arithmetic::Modulo if signs_differ && inexact => {
            (right.negative, limbs::subtract(limbs::trim(right.limbs()), limbs::trim(&remainder)))
        }
        Arithmetic::Modulo => (right.negative, remainder),
        Arithmetic::FloorQuotient if signs_differ && inexact => (true, limbs::add(&quotient, &[1])),
        _ => (signs_differ, quotient),
    }
}

#[cold]
fn not_whole(name: &str, left: &Magnitude<'_>, right: &Magnitude<'_>) -> Trap {
    let top = limbs::to_signed(left.negative != right.negative, left.limbs());
    let bottom = limbs::to_signed(false, right.limbs());
    let message = if top.bits() + bottom.bits() < 256 {
        let divisor = num_integer::Integer::gcd(&top, &bottom);
        format!("{}/{}", top / &divisor, bottom / divisor)
    } else {
        "the quotient".to_string()
    };
    Trap::error(
        ErrorKind::Arithmetic,
        format!(
            "{name}: {message} is not an integer and exact rationals are not supported yet; \
             use (exact->inexact ...) or quotient"
        ),
        &[],
    )
}

/// `(expt base power)` for a natural `power`, exact base. Reserves.
fn exact_power(vm: &mut Vm<'_>, base: Number<'_>, power: u64) -> Result<Value, Trap> {
    let base = base.to_big().expect("an exact number is an integer");
    let magnitude_bits = base.bits();
    if magnitude_bits <= 1 {
        let odd_negative = base.is_negative() && power % 2 == 1;
        let result = if power == 0 {
            BigInt::from(1)
        } else if odd_negative {
            base
        } else {
            base.abs()
        };
        return make_big(vm, "expt", &result);
    }
    // A base of b bits is at least 2^(b-1).
    let least = (magnitude_bits - 1).saturating_mul(power).saturating_add(1);
    check_bits("expt", usize::try_from(least).unwrap_or(usize::MAX))?;
    let limbs = usize::try_from(least).unwrap_or(usize::MAX) / 64;
    vm.charge_steps(limbs * limbs / 2);
    let power = u32::try_from(power).expect("bounded by the number of bits");
    make_big(vm, "expt", &base.pow(power))
}

/// `(expt base power)`. Reserves.
pub(crate) fn exponent(vm: &mut Vm<'_>, base: Value, power: Value) -> Result<Value, Trap> {
    let first = Number::of(base).ok_or_else(|| Trap::wrong_type("expt", 1, "a number", base))?;
    let second = Number::of(power).ok_or_else(|| Trap::wrong_type("expt", 2, "a number", power))?;
    match (first, second) {
        (base, Number::Fixnum(power)) if base.is_exact() && power >= 0 => {
            exact_power(vm, base, power.unsigned_abs())
        }
        (Number::Fixnum(1 | -1), Number::Fixnum(power)) => exact_power(vm, first, power.unsigned_abs()),
        (Number::Fixnum(small @ -1..=1), Number::Big { negative, limbs }) if small != 0 || !negative => {
            exact_power(vm, first, 2 + limbs[0] % 2)
        }
        (base, power) if base.is_exact() && power.is_exact() && base.is_zero() => Err(zero_divisor("expt")),
        (base, power) if base.is_exact() && power.is_exact() => Err(if power.is_negative() {
            Trap::error(
                ErrorKind::Arithmetic,
                "expt: the result is not an integer and exact rationals are not supported yet; \
                 make an argument inexact",
                &[],
            )
        } else {
            super::too_large("expt", usize::MAX)
        }),
        (base, power) => {
            let (base, power) = (base.to_f64(), power.to_f64());
            if base < 0.0 && power.is_finite() && power.fract() != 0.0 {
                return Err(Trap::error(
                    ErrorKind::Arithmetic,
                    "expt: complex numbers are not supported",
                    &[],
                ));
            }
            vm.make_flonum(libm::pow(base, power))
        }
    }
}

/// Root and rest of a natural number.
pub(crate) fn exact_integer_sqrt(number: Number<'_>) -> Option<(BigInt, BigInt)> {
    if number.is_negative() || !number.is_exact() {
        return None;
    }
    let number = number.to_big()?;
    let root = number.sqrt();
    let rest = number - &root * &root;
    Some((root, rest))
}
