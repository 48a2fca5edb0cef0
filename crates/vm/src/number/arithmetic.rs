//! The four operations, integer division and least common multiples, on every combination of types. Nothing wraps.

use arena::Value;

use super::limbs::{self, Limbs};
use super::work::{Task, in_goes};
use super::{Magnitude, Number, check_bits, make_integer, ratio};
use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;

/// What a least common multiple is in the register of long arithmetic.
const MULTIPLE: i64 = 103;

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

/// `left operation right` for any two values: what the interpreter does not do itself. Reserves.
#[cold]
#[inline(never)]
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
    match (first.integer(), second.integer()) {
        (Some(first), Some(second)) => exact(vm, operation, name, (left, &first), (right, &second)),
        (_, Some(divisor)) if division_by_zero(operation, &divisor) => Err(zero_divisor(name)),
        _ if first.is_exact() && second.is_exact() => ratio::combine(vm, operation, name, left, right),
        _ => {
            let result = inexact(operation, first.to_f64(), second.to_f64());
            result.map_or_else(|| Err(zero_divisor(name)), |result| vm.make_flonum(result))
        }
    }
}

/// Fixnum results of fixnums.
#[inline]
pub(crate) fn small(operation: Arithmetic, left: i64, right: i64) -> Option<Value> {
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
    Trap::error(ErrorKind::Arithmetic, format!("{name}: division by zero"), &[]).raised_by(name)
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
    (left_value, left): (Value, &Magnitude<'_>),
    (right_value, right): (Value, &Magnitude<'_>),
) -> Result<Value, Trap> {
    if division_by_zero(operation, right) {
        return Err(zero_divisor(name));
    }
    if operation == Arithmetic::Divide {
        return ratio::combine(vm, operation, name, left_value, right_value);
    }
    vm.charge_steps(steps(operation, left.limbs().len(), right.limbs().len()));
    let (negative, limbs) = match operation {
        Arithmetic::Add => add(left, right, right.negative),
        Arithmetic::Subtract => add(left, right, !right.negative),
        Arithmetic::Multiply => {
            check_bits(name, (limbs::bits(left.limbs()) + limbs::bits(right.limbs())).saturating_sub(1))?;
            (left.negative != right.negative, limbs::multiply(left.limbs(), right.limbs()))
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

/// Least common multiple of two integers, exact ones or floats, as an exact one. Reserves.
pub(crate) fn least_common_multiple(vm: &mut Vm<'_>, left: Value, right: Value) -> Result<Value, Trap> {
    let limbs_of = |value| {
        let integer = Number::of(value).and_then(Number::to_big).unwrap_or_default();
        Limbs::from_vec(integer.magnitude().to_u64_digits())
    };
    let (first, second) = (limbs_of(left), limbs_of(right));
    let task = Task { operation: MULTIPLE, left, right };
    let multiple = in_goes(vm, task, |work| work.multiple(&first, &second))?;
    make_integer(vm, "lcm", false, &multiple)
}
