//! Arithmetic and numeric predicates.

use arena::{ObjectTag, Value};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::arguments::{Arguments, arguments};
use super::progress::{again, state, suspend};
use super::{at_least, exactly};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::{
    self, Arithmetic, Comparison, Limbs, Number, Rounding, check_bits, combine, compare_at,
    exact_integer_sqrt, exact_of_float, exponent, least_common_multiple, lehmer, limb_bits, make_big,
    make_integer, make_unsigned, rounded, trim_limbs,
};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    at_least("+", 0, |vm, call| fold(vm, call, Arithmetic::Add, 0)),
    at_least("*", 0, |vm, call| fold(vm, call, Arithmetic::Multiply, 1)),
    at_least("-", 1, subtract),
    at_least("/", 1, divide),
    at_least("=", 1, |vm, call| chain(vm, call, Comparison::Equal)),
    at_least("<", 1, |vm, call| chain(vm, call, Comparison::Less)),
    at_least(">", 1, |vm, call| chain(vm, call, Comparison::Greater)),
    at_least("<=", 1, |vm, call| chain(vm, call, Comparison::LessOrEqual)),
    at_least(">=", 1, |vm, call| chain(vm, call, Comparison::GreaterOrEqual)),
    exactly("quotient", 2, |vm, call| binary(vm, call, Arithmetic::Quotient, "quotient")),
    exactly("remainder", 2, |vm, call| binary(vm, call, Arithmetic::Remainder, "remainder")),
    exactly("modulo", 2, |vm, call| binary(vm, call, Arithmetic::Modulo, "modulo")),
    exactly("truncate-quotient", 2, |vm, call| binary(vm, call, Arithmetic::Quotient, "truncate-quotient")),
    exactly("truncate-remainder", 2, |vm, call| {
        binary(vm, call, Arithmetic::Remainder, "truncate-remainder")
    }),
    exactly("floor-quotient", 2, |vm, call| binary(vm, call, Arithmetic::FloorQuotient, "floor-quotient")),
    exactly("floor-remainder", 2, |vm, call| binary(vm, call, Arithmetic::Modulo, "floor-remainder")),
    exactly("floor/", 2, |vm, call| both(vm, call, Arithmetic::FloorQuotient, Arithmetic::Modulo, "floor/")),
    exactly("truncate/", 2, |vm, call| {
        both(vm, call, Arithmetic::Quotient, Arithmetic::Remainder, "truncate/")
    }),
    exactly("exact-integer-sqrt", 1, integer_root),
    exactly("number?", 1, |vm, call| Ok(Value::boolean(number::is_number(vm.argument(call, 0))))),
    exactly("complex?", 1, |vm, call| Ok(Value::boolean(number::is_number(vm.argument(call, 0))))),
    exactly("real?", 1, |vm, call| Ok(Value::boolean(number::is_number(vm.argument(call, 0))))),
    exactly("rational?", 1, |vm, call| {
        is(vm, call, |number| number.to_f64_if_float().is_none_or(f64::is_finite))
    }),
    exactly("integer?", 1, |vm, call| is(vm, call, Number::is_integer)),
    exactly("exact-integer?", 1, |vm, call| is(vm, call, Number::is_exact_integer)),
    exactly("exact-rational?", 1, |vm, call| is(vm, call, Number::is_exact)),
    exactly("exact-nonnegative-integer?", 1, |vm, call| {
        is(vm, call, |number| number.is_exact_integer() && !number.is_negative())
    }),
    exactly("exact?", 1, |vm, call| test(vm, call, "exact?", Number::is_exact)),
    exactly("inexact?", 1, |vm, call| test(vm, call, "inexact?", |number| !number.is_exact())),
    exactly("nan?", 1, |vm, call| {
        test(vm, call, "nan?", |number| number.to_f64_if_float().is_some_and(f64::is_nan))
    }),
    exactly("finite?", 1, |vm, call| {
        test(vm, call, "finite?", |number| number.to_f64_if_float().is_none_or(f64::is_finite))
    }),
    exactly("infinite?", 1, |vm, call| {
        test(vm, call, "infinite?", |number| number.to_f64_if_float().is_some_and(f64::is_infinite))
    }),
    exactly("zero?", 1, |vm, call| test(vm, call, "zero?", Number::is_zero)),
    exactly("positive?", 1, |vm, call| test(vm, call, "positive?", Number::is_positive)),
    exactly("negative?", 1, |vm, call| test(vm, call, "negative?", Number::is_negative)),
    exactly("odd?", 1, |vm, call| parity(vm, call, "odd?", true)),
    exactly("even?", 1, |vm, call| parity(vm, call, "even?", false)),
    at_least("max", 1, |vm, call| extreme(vm, call, Comparison::Greater, "max")),
    at_least("min", 1, |vm, call| extreme(vm, call, Comparison::Less, "min")),
    exactly("abs", 1, |vm, call| magnitude(vm, call, "abs")),
    exactly("magnitude", 1, |vm, call| magnitude(vm, call, "magnitude")),
    at_least("gcd", 0, gcd),
    at_least("lcm", 0, lcm),
    exactly("numerator", 1, |vm, call| fraction_part(vm, call, "numerator")),
    exactly("denominator", 1, |vm, call| fraction_part(vm, call, "denominator")),
    exactly("floor", 1, |vm, call| round(vm, call, "floor", Rounding::Floor)),
    exactly("ceiling", 1, |vm, call| round(vm, call, "ceiling", Rounding::Ceiling)),
    exactly("truncate", 1, |vm, call| round(vm, call, "truncate", Rounding::Truncate)),
    exactly("round", 1, |vm, call| round(vm, call, "round", Rounding::Round)),
    exactly("exact", 1, |vm, call| exact(vm, call, "exact")),
    exactly("inexact->exact", 1, |vm, call| exact(vm, call, "inexact->exact")),
    exactly("inexact", 1, |vm, call| inexact(vm, call, "inexact")),
    exactly("exact->inexact", 1, |vm, call| inexact(vm, call, "exact->inexact")),
    exactly("square", 1, square),
    exactly("cube", 1, cube),
    exactly("1+", 1, |vm, call| step(vm, call, "1+", 1)),
    exactly("-1+", 1, |vm, call| step(vm, call, "-1+", -1)),
    exactly("expt", 2, |vm, call| exponent(vm, vm.argument(call, 0), vm.argument(call, 1))),
    at_least("bitwise-and", 0, |vm, call| bitwise(vm, call, "bitwise-and", -1, |left, right| left & right)),
    at_least("bitwise-or", 0, |vm, call| bitwise(vm, call, "bitwise-or", 0, |left, right| left | right)),
    at_least("bitwise-xor", 0, |vm, call| bitwise(vm, call, "bitwise-xor", 0, |left, right| left ^ right)),
    exactly("bitwise-not", 1, bitwise_not),
    exactly("arithmetic-shift", 2, shift),
    exactly("random", 1, random),
];

/// Limb operations of `gcd` in one go.
const GCD_LIMBS: usize = 1 << 17;
/// Reductions of charges after which a primitive that works on its arguments in turn stops.
const SHARE: i64 = 1_024;

fn fold(vm: &mut Vm<'_>, call: Call, operation: Arithmetic, unit: i64) -> Result<Value, Trap> {
    if call.count == 0 {
        return Ok(Value::fixnum(unit));
    }
    if state(vm, call).is_none() {
        arguments(operation.name(), call).number(vm, 0)?;
    }
    rest(vm, call, operation)
}

/// The first argument combined with all others, from left to right. State: the argument that comes next, and the result
/// so far.
fn rest(vm: &mut Vm<'_>, call: Call, operation: Arithmetic) -> Result<Value, Trap> {
    let (mut index, mut result) = match state(vm, call) {
        Some(state) => (state.field(1).as_fixnum() as usize, state.field(2)),
        None => (1, vm.argument(call, 0)),
    };
    while index < call.count && result.both_fixnums(vm.argument(call, index)) {
        let (left, right) = (result.as_fixnum(), vm.argument(call, index).as_fixnum());
        let Some(small) = number::small_result(operation, left, right) else { break };
        result = small;
        index += 1;
    }
    if index == call.count {
        return Ok(result);
    }
    let fuel = vm.state.fuel;
    let kept = vm.root(result);
    while index < call.count {
        let operand = vm.argument(call, index);
        match combine(vm, operation, operation.name(), result, operand, index + 1) {
            Ok(combined) => {
                result = combined;
                vm.set_rooted(kept, result);
                index += 1;
                if fuel - vm.state.fuel <= SHARE {
                    continue;
                }
            }
            Err(Trap::Again { .. }) => {}
            Err(trap) => return Err(trap),
        }
        return Err(suspend(vm, call, &[Value::fixnum(index as i64), vm.rooted(kept)]));
    }
    vm.unroot(kept);
    Ok(result)
}

fn subtract(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    if call.count > 1 {
        return rest(vm, call, Arithmetic::Subtract);
    }
    match arguments("-", call).number(vm, 0)? {
        Number::Flonum(float) => vm.make_flonum(-float),
        _ => combine(vm, Arithmetic::Subtract, "-", Value::ZERO, vm.argument(call, 0), 1),
    }
}

fn divide(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    if call.count > 1 {
        return rest(vm, call, Arithmetic::Divide);
    }
    arguments("/", call).number(vm, 0)?;
    combine(vm, Arithmetic::Divide, "/", Value::fixnum(1), vm.argument(call, 0), 1)
}

/// State: the argument that comes next, the one before it, and whether the comparison holds so far.
fn chain(vm: &mut Vm<'_>, call: Call, comparison: Comparison) -> Result<Value, Trap> {
    if call.count == 2 && vm.argument(call, 0).both_fixnums(vm.argument(call, 1)) {
        let order = vm.argument(call, 0).as_fixnum().cmp(&vm.argument(call, 1).as_fixnum());
        return Ok(Value::boolean(comparison.holds(Some(order))));
    }
    let (mut index, mut before, mut holds) = match state(vm, call) {
        Some(state) => (state.field(1).as_fixnum() as usize, state.field(2), state.field(3).is_true()),
        None => (1, vm.argument(call, 0), true),
    };
    arguments(comparison.name(), call).number_of(before, 0)?;
    let fuel = vm.state.fuel;
    while index < call.count {
        let next = vm.argument(call, index);
        match compare_at(vm, comparison, before, next, index) {
            Ok(holds_here) => {
                holds &= holds_here;
                before = next;
                index += 1;
                if fuel - vm.state.fuel <= SHARE {
                    continue;
                }
            }
            Err(Trap::Again { .. }) => {}
            Err(trap) => return Err(trap),
        }
        return Err(suspend(vm, call, &[Value::fixnum(index as i64), before, Value::boolean(holds)]));
    }
    Ok(Value::boolean(holds))
}

fn binary(vm: &mut Vm<'_>, call: Call, operation: Arithmetic, name: &str) -> Result<Value, Trap> {
    combine(vm, operation, name, vm.argument(call, 0), vm.argument(call, 1), 2)
}

/// Packs two values; the first one is kept at `rooted`. Reserves.
fn pack(vm: &mut Vm<'_>, rooted: usize, second: Value) -> Result<Value, Trap> {
    let other = vm.root(second);
    vm.reserve(3)?;
    let values = vm.alloc(ObjectTag::Values, 2);
    values.init_field(0, vm.rooted(rooted));
    values.init_field(1, vm.rooted(other));
    vm.unroot(rooted);
    Ok(values)
}

fn both(
    vm: &mut Vm<'_>,
    call: Call,
    quotient: Arithmetic,
    remainder: Arithmetic,
    name: &str,
) -> Result<Value, Trap> {
    let first = binary(vm, call, quotient, name)?;
    let rooted = vm.root(first);
    let second = binary(vm, call, remainder, name)?;
    pack(vm, rooted, second)
}

#[optimize(size)]
fn integer_root(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let name = "exact-integer-sqrt";
    let arguments = arguments(name, call);
    let parts = Number::of(arguments.get(vm, 0)).and_then(|number| exact_integer_sqrt(vm, number));
    let (root, rest) = parts.ok_or_else(|| arguments.wrong(vm, 0, "an exact nonnegative integer"))?;
    let first = make_big(vm, name, &root)?;
    let rooted = vm.root(first);
    let second = make_big(vm, name, &rest)?;
    pack(vm, rooted, second)
}

fn is(vm: &Vm<'_>, call: Call, holds: fn(Number<'static>) -> bool) -> Result<Value, Trap> {
    Ok(Value::boolean(Number::of(vm.argument(call, 0)).is_some_and(holds)))
}

fn test(
    vm: &Vm<'_>,
    call: Call,
    name: &'static str,
    holds: fn(Number<'static>) -> bool,
) -> Result<Value, Trap> {
    arguments(name, call).number(vm, 0).map(|number| Value::boolean(holds(number)))
}

/// Argument `index` if it is an integer, exact or not.
fn integer<'a>(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Number<'a>, Trap> {
    match Number::of(arguments.get(vm, index)) {
        Some(number) if number.is_integer() => Ok(number),
        _ => Err(arguments.wrong(vm, index, "an integer")),
    }
}

fn parity(vm: &Vm<'_>, call: Call, name: &'static str, odd: bool) -> Result<Value, Trap> {
    let is_odd = match integer(vm, arguments(name, call), 0)? {
        Number::Fixnum(small) => small & 1 == 1,
        Number::Big { limbs, .. } => limbs[0] & 1 == 1,
        Number::Flonum(float) => libm::fmod(float, 2.0) != 0.0,
        Number::Ratio(_) => false,
    };
    Ok(Value::boolean(is_odd == odd))
}

/// State: the argument that comes next, the best one so far, whether there was an inexact one, and one that is no number.
fn extreme(vm: &mut Vm<'_>, call: Call, comparison: Comparison, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let (mut index, mut best, mut inexact, mut not_a_number) = match state(vm, call) {
        Some(state) => {
            let holds = |field| state.field(field) == Value::TRUE;
            (state.field(1).as_fixnum() as usize, state.field(2), holds(3), holds(4))
        }
        None => (0, vm.argument(call, 0), false, false),
    };
    let fuel = vm.state.fuel;
    while index < call.count {
        let next = if index == 0 { best } else { vm.argument(call, index) };
        let number = arguments.number_of(next, index)?;
        inexact |= !number.is_exact();
        not_a_number |= number.to_f64_if_float().is_some_and(f64::is_nan);
        match compare_at(vm, comparison, next, best, 1) {
            Ok(is_better) => {
                best = if is_better { next } else { best };
                index += 1;
                if fuel - vm.state.fuel <= SHARE {
                    continue;
                }
            }
            Err(Trap::Again { .. }) => {}
            Err(trap) => return Err(trap),
        }
        let flags = [inexact, not_a_number].map(Value::boolean);
        return Err(suspend(vm, call, &[Value::fixnum(index as i64), best, flags[0], flags[1]]));
    }
    if not_a_number {
        return vm.make_flonum(f64::NAN);
    }
    if inexact {
        return vm.make_flonum(arguments.number_of(best, 0)?.to_f64());
    }
    Ok(best)
}

fn magnitude(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    match arguments(name, call).number(vm, 0)? {
        Number::Flonum(float) => vm.make_flonum(float.abs()),
        number if number.is_negative() => {
            combine(vm, Arithmetic::Subtract, name, Value::ZERO, vm.argument(call, 0), 1)
        }
        _ => Ok(vm.argument(call, 0)),
    }
}

/// Euclid's algorithm on argument 0 and each other one in turn. The arguments are its state: the greatest common divisor of
/// all of them never changes.
fn gcd(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("gcd", call);
    let mut inexact = false;
    for index in 0..call.count {
        inexact |= !integer(vm, arguments, index)?.is_exact();
    }
    if inexact {
        let mut divisor = 0.0_f64;
        for index in 0..call.count {
            let mut other = integer(vm, arguments, index)?.to_f64().abs();
            while other != 0.0 {
                (divisor, other) = (other, libm::fmod(divisor, other));
            }
        }
        return vm.make_flonum(divisor);
    }
    let Some(first) = vm.optional(call, 0) else { return Ok(Value::ZERO) };
    let limbs_of = |value: Value| {
        let number = Number::of(value).and_then(Number::integer);
        Limbs::from_slice(trim_limbs(number.as_ref().map_or(&[], |magnitude| magnitude.limbs())))
    };
    let mut divisor = limbs_of(first);
    let mut budget = GCD_LIMBS;
    for index in 1..call.count {
        let mut other = limbs_of(vm.argument(call, index));
        if number::compare_limbs(&divisor, &other).is_lt() {
            std::mem::swap(&mut divisor, &mut other);
        }
        while !other.is_empty() {
            let cost = 4 * divisor.len() + 64;
            if budget < cost {
                let kept = make_integer(vm, "gcd", false, &divisor)?;
                vm.set_argument(call, 0, kept);
                let kept = make_integer(vm, "gcd", false, &other)?;
                vm.set_argument(call, index, kept);
                (1..index).for_each(|done| vm.set_argument(call, done, Value::ZERO));
                return Err(again(vm, call));
            }
            budget -= cost;
            (divisor, other) = lehmer(&divisor, &other);
        }
    }
    vm.charge_steps((GCD_LIMBS - budget) / 2);
    make_integer(vm, "gcd", false, &divisor)
}

/// Argument 0 with each other one in turn. When it stops, argument 0 is the multiple of those that are done, and these are
/// one; one of them stays inexact if any of them was.
#[optimize(size)]
fn lcm(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("lcm", call);
    let mut inexact = false;
    for index in 0..call.count {
        inexact |= !integer(vm, arguments, index)?.is_exact();
    }
    let kept = vm.root(vm.optional(call, 0).unwrap_or(Value::fixnum(1)));
    for index in 1..call.count {
        let (left, right) = (vm.rooted(kept), vm.argument(call, index));
        let multiple = match least_common_multiple(vm, left, right) {
            Ok(multiple) => multiple,
            Err(trap @ Trap::Again { .. }) if index > 1 => {
                // Stopping has reserved.
                vm.set_argument(call, 0, vm.rooted(kept));
                let one = Value::try_flonum(1.0).filter(|_| inexact).unwrap_or(Value::fixnum(1));
                (1..index).for_each(|done| vm.set_argument(call, done, one));
                return Err(trap);
            }
            Err(trap) => return Err(trap),
        };
        vm.set_rooted(kept, multiple);
    }
    match Number::of(vm.rooted(kept)) {
        Some(number) if inexact => vm.make_flonum(number.to_f64().abs()),
        Some(number) if number.is_negative() => {
            let limbs = number.integer().map(|number| Limbs::from_slice(number.limbs())).unwrap_or_default();
            make_integer(vm, "lcm", false, &limbs)
        }
        _ => Ok(vm.rooted(kept)),
    }
}

fn fraction_part(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let number = arguments.number(vm, 0)?;
    let wants_top = name == "numerator";
    let float = match number {
        Number::Flonum(float) => float,
        Number::Ratio(ratio) => return Ok(if wants_top { ratio.numerator() } else { ratio.denominator() }),
        _ => return Ok(if wants_top { vm.argument(call, 0) } else { Value::fixnum(1) }),
    };
    if !float.is_finite() {
        return Err(arguments.wrong(vm, 0, "a rational number"));
    }
    let (mut top, mut bottom) = (float, 1.0_f64);
    while top.fract() != 0.0 {
        top *= 2.0;
        bottom *= 2.0;
    }
    vm.make_flonum(if wants_top { top } else { bottom })
}

fn round(vm: &mut Vm<'_>, call: Call, name: &'static str, rounding: Rounding) -> Result<Value, Trap> {
    match arguments(name, call).number(vm, 0)? {
        Number::Flonum(float) => vm.make_flonum(rounding.float(float)),
        Number::Ratio(ratio) => rounded(vm, name, rounding, ratio),
        _ => Ok(vm.argument(call, 0)),
    }
}

fn exact(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let number = arguments(name, call).number(vm, 0)?;
    let Number::Flonum(float) = number else { return Ok(vm.argument(call, 0)) };
    if !float.is_finite() {
        let message = format!("{name}: there is no exact number of this value:");
        return Err(Trap::error(ErrorKind::Arithmetic, message, &[vm.argument(call, 0)]));
    }
    exact_of_float(vm, name, float)
}

fn inexact(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let number = arguments(name, call).number(vm, 0)?;
    if number.is_exact() { vm.make_flonum(number.to_f64()) } else { Ok(vm.argument(call, 0)) }
}

fn square(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let base = vm.argument(call, 0);
    arguments("square", call).number(vm, 0)?;
    combine(vm, Arithmetic::Multiply, "square", base, base, 1)
}

/// State: the number and its square.
fn cube(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (base, square) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2)),
        None => {
            let base = vm.argument(call, 0);
            arguments("cube", call).number(vm, 0)?;
            let square = combine(vm, Arithmetic::Multiply, "cube", base, base, 1)?;
            (vm.argument(call, 0), square)
        }
    };
    let first = vm.root(base);
    vm.root(square);
    match combine(vm, Arithmetic::Multiply, "cube", square, base, 1) {
        Err(Trap::Again { .. }) => Err(suspend(vm, call, &[vm.rooted(first), vm.rooted(first + 1)])),
        result => result,
    }
}

fn step(vm: &mut Vm<'_>, call: Call, name: &'static str, by: i64) -> Result<Value, Trap> {
    arguments(name, call).number(vm, 0)?;
    combine(vm, Arithmetic::Add, name, vm.argument(call, 0), Value::fixnum(by), 2)
}

fn exact_integer(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<BigInt, Trap> {
    let number = Number::of(arguments.get(vm, index)).filter(|number| number.is_exact_integer());
    number.and_then(Number::to_big).ok_or_else(|| arguments.wrong(vm, index, "an exact integer"))
}

fn bitwise(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    unit: i64,
    combine: fn(BigInt, BigInt) -> BigInt,
) -> Result<Value, Trap> {
    let mut result = BigInt::from(unit);
    for index in 0..call.count {
        let operand = exact_integer(vm, arguments(name, call), index)?;
        result = combine(result, operand);
    }
    make_big(vm, name, &result)
}

fn bitwise_not(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let number = exact_integer(vm, arguments("bitwise-not", call), 0)?;
    make_big(vm, "bitwise-not", &!number)
}

fn shift(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("arithmetic-shift", call);
    let number = exact_integer(vm, arguments, 0)?;
    let by = arguments.get(vm, 1).to_fixnum().ok_or_else(|| arguments.wrong(vm, 1, "an exact integer"))?;
    let distance = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    let shifted = if number.is_zero() {
        number
    } else if by >= 0 {
        check_bits(arguments.name, distance.saturating_add(number.bits() as usize))?;
        number << distance
    } else if distance as u64 > number.bits() {
        BigInt::from(if number.is_negative() { -1 } else { 0 })
    } else {
        number >> distance
    };
    make_big(vm, arguments.name, &shifted)
}

fn random(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("random", call);
    let number = arguments.number(vm, 0)?;
    match number {
        Number::Fixnum(limit) if limit > 0 => {
            let limit = limit.unsigned_abs();
            // The largest multiple of the limit: words from there on would favour small results.
            let fair = u64::MAX - u64::MAX % limit;
            loop {
                let word = vm.host.random();
                if word < fair {
                    return make_unsigned(vm, word % limit);
                }
            }
        }
        Number::Big { negative: false, limbs } => {
            let limit = Limbs::from_slice(limbs);
            let excess = limit.len() * 64 - limb_bits(&limit);
            loop {
                let mut candidate: Limbs = limit.iter().map(|_| vm.host.random()).collect();
                if let Some(top) = candidate.last_mut() {
                    *top >>= excess;
                }
                if number::compare_limbs(&candidate, &limit).is_lt() {
                    return make_integer(vm, "random", false, &candidate);
                }
            }
        }
        Number::Flonum(limit) if limit > 0.0 && limit.is_finite() => {
            let unit = (vm.host.random() >> 11) as f64 / (1_u64 << 53) as f64;
            vm.make_flonum(unit * limit)
        }
        _ => Err(arguments.wrong(vm, 0, "a positive integer or a positive float")),
    }
}
