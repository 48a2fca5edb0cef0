//! Arithmetic and numeric predicates.

use arena::{ObjectTag, Value};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::arguments::{Arguments, arguments};
use super::progress::again;
use super::{at_least, between, exactly};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::{
    self, Arithmetic, Comparison, Limbs, Number, check_bits, combine, compare_at, exact_integer_sqrt,
    exponent, lehmer, limb_bits, make_big, make_integer, make_unsigned, trim_limbs,
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
    exactly("exact-integer?", 1, |vm, call| is(vm, call, Number::is_exact)),
    exactly("exact-rational?", 1, |vm, call| is(vm, call, Number::is_exact)),
    exactly("exact-nonnegative-integer?", 1, |vm, call| {
        is(vm, call, |number| number.is_exact() && !number.is_negative())
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
    exactly("floor", 1, |vm, call| round(vm, call, "floor", libm::floor)),
    exactly("ceiling", 1, |vm, call| round(vm, call, "ceiling", libm::ceil)),
    exactly("truncate", 1, |vm, call| round(vm, call, "truncate", libm::trunc)),
    exactly("round", 1, |vm, call| round(vm, call, "round", libm::rint)),
    exactly("exact", 1, |vm, call| exact(vm, call, "exact")),
    exactly("inexact->exact", 1, |vm, call| exact(vm, call, "inexact->exact")),
    exactly("inexact", 1, |vm, call| inexact(vm, call, "inexact")),
    exactly("exact->inexact", 1, |vm, call| inexact(vm, call, "exact->inexact")),
    exactly("square", 1, |vm, call| power(vm, call, "square", 2)),
    exactly("cube", 1, |vm, call| power(vm, call, "cube", 3)),
    exactly("1+", 1, |vm, call| step(vm, call, "1+", 1)),
    exactly("-1+", 1, |vm, call| step(vm, call, "-1+", -1)),
    exactly("expt", 2, |vm, call| exponent(vm, vm.argument(call, 0), vm.argument(call, 1))),
    at_least("bitwise-and", 0, |vm, call| bitwise(vm, call, "bitwise-and", -1, |left, right| left & right)),
    at_least("bitwise-or", 0, |vm, call| bitwise(vm, call, "bitwise-or", 0, |left, right| left | right)),
    at_least("bitwise-xor", 0, |vm, call| bitwise(vm, call, "bitwise-xor", 0, |left, right| left ^ right)),
    exactly("bitwise-not", 1, bitwise_not),
    exactly("arithmetic-shift", 2, shift),
    exactly("random", 1, random),
    between("number->string", 1, 2, number_to_string),
    between("string->number", 1, 2, string_to_number),
];

/// Bits of arguments that `lcm` takes: its one step is as slow as the square of that.
const LCM_BITS_MAX: usize = 32_768;
/// Limb operations of `gcd` in one go.
const GCD_LIMBS: usize = 1 << 17;

fn fold(vm: &mut Vm<'_>, call: Call, operation: Arithmetic, unit: i64) -> Result<Value, Trap> {
    if call.count == 0 {
        return Ok(Value::fixnum(unit));
    }
    arguments(operation.name(), call).number(vm, 0)?;
    rest(vm, call, operation)
}

/// The first argument combined with all others, from left to right.
fn rest(vm: &mut Vm<'_>, call: Call, operation: Arithmetic) -> Result<Value, Trap> {
    let mut result = vm.argument(call, 0);
    for index in 1..call.count {
        let operand = vm.argument(call, index);
        result = combine(vm, operation, operation.name(), result, operand, index + 1)?;
    }
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

fn chain(vm: &mut Vm<'_>, call: Call, comparison: Comparison) -> Result<Value, Trap> {
    let mut holds = true;
    arguments(comparison.name(), call).number(vm, 0)?;
    for index in 1..call.count {
        holds &= compare_at(comparison, vm.argument(call, index - 1), vm.argument(call, index), index)?;
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

fn integer_root(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let name = "exact-integer-sqrt";
    let arguments = arguments(name, call);
    let parts = Number::of(arguments.get(vm, 0)).and_then(exact_integer_sqrt);
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
    };
    Ok(Value::boolean(is_odd == odd))
}

fn extreme(vm: &mut Vm<'_>, call: Call, comparison: Comparison, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let mut best = 0;
    let mut inexact = false;
    let mut not_a_number = false;
    for index in 0..call.count {
        let number = arguments.number(vm, index)?;
        inexact |= !number.is_exact();
        not_a_number |= number.to_f64_if_float().is_some_and(f64::is_nan);
        if compare_at(comparison, vm.argument(call, index), vm.argument(call, best), 1)? {
            best = index;
        }
    }
    if not_a_number {
        return vm.make_flonum(f64::NAN);
    }
    if inexact {
        return vm.make_flonum(arguments.number(vm, best)?.to_f64());
    }
    Ok(vm.argument(call, best))
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
        let number = Number::of(value).and_then(|number| number.exact().ok());
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

fn lcm(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("lcm", call);
    let mut product = BigInt::from(1);
    let mut inexact = false;
    for index in 0..call.count {
        let number = integer(vm, arguments, index)?;
        inexact |= !number.is_exact();
        let other = number.to_big().expect("integers are whole");
        if product.bits().max(other.bits()) > LCM_BITS_MAX as u64 {
            let message = format!("lcm: arguments have at most {LCM_BITS_MAX} bits");
            return Err(Trap::error(ErrorKind::Arithmetic, message, &[]));
        }
        product = num_integer::Integer::lcm(&product, &other.abs());
    }
    if inexact {
        return vm.make_flonum(product.to_f64().unwrap_or(f64::INFINITY));
    }
    make_big(vm, "lcm", &product)
}

fn fraction_part(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let number = arguments.number(vm, 0)?;
    let wants_top = name == "numerator";
    let Number::Flonum(float) = number else {
        return Ok(if wants_top { vm.argument(call, 0) } else { Value::fixnum(1) });
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

fn round(vm: &mut Vm<'_>, call: Call, name: &'static str, rounded: fn(f64) -> f64) -> Result<Value, Trap> {
    match arguments(name, call).number(vm, 0)? {
        Number::Flonum(float) => vm.make_flonum(rounded(float)),
        _ => Ok(vm.argument(call, 0)),
    }
}

fn exact(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let number = arguments(name, call).number(vm, 0)?;
    let Number::Flonum(float) = number else { return Ok(vm.argument(call, 0)) };
    match number.to_big() {
        Some(integer) => make_big(vm, name, &integer),
        None => {
            let why = if float.is_finite() {
                "there is no exact integer of this value, and exact rationals are not supported yet:"
            } else {
                "there is no exact number of this value:"
            };
            Err(Trap::error(ErrorKind::Arithmetic, format!("{name}: {why}"), &[vm.argument(call, 0)]))
        }
    }
}

fn inexact(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let number = arguments(name, call).number(vm, 0)?;
    if number.is_exact() { vm.make_flonum(number.to_f64()) } else { Ok(vm.argument(call, 0)) }
}

fn power(vm: &mut Vm<'_>, call: Call, name: &'static str, exponent: usize) -> Result<Value, Trap> {
    arguments(name, call).number(vm, 0)?;
    let mut result = vm.argument(call, 0);
    for _ in 1..exponent {
        result = combine(vm, Arithmetic::Multiply, name, result, vm.argument(call, 0), 1)?;
    }
    Ok(result)
}

fn step(vm: &mut Vm<'_>, call: Call, name: &'static str, by: i64) -> Result<Value, Trap> {
    arguments(name, call).number(vm, 0)?;
    combine(vm, Arithmetic::Add, name, vm.argument(call, 0), Value::fixnum(by), 2)
}

fn exact_integer(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<BigInt, Trap> {
    let number = Number::of(arguments.get(vm, index)).filter(|number| number.is_exact());
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
        _ => Err(arguments.wrong(vm, 0, "a positive number")),
    }
}

fn radix(vm: &Vm<'_>, arguments: Arguments) -> Result<u32, Trap> {
    let Some(radix) = arguments.optional(vm, 1) else { return Ok(10) };
    match radix.to_fixnum() {
        Some(radix @ 2..=36) => Ok(radix as u32),
        _ => Err(arguments.wrong(vm, 1, "a radix from 2 to 36")),
    }
}

fn number_to_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("number->string", call);
    let number = arguments.number(vm, 0)?;
    let radix = radix(vm, arguments)?;
    if radix != 10 && number.to_f64_if_float().is_some_and(f64::is_finite) {
        let message = "number->string: inexact numbers can be written with radix 10 only, got";
        return Err(Trap::error(ErrorKind::Arithmetic, message, &[vm.argument(call, 1)]));
    }
    let text = number::to_text(number, radix);
    // Conversion takes time in the square of the digits.
    vm.charge_steps(text.len() * text.len() / 1_024);
    vm.make_string(&text)
}

fn string_to_number(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string->number", call);
    let text = arguments.string(vm, 0)?;
    let radix = radix(vm, arguments)?;
    if text.string_length() > number::BITS_MAX + 64 {
        return Ok(Value::FALSE);
    }
    let text = text.string_text();
    vm.charge_steps(text.len() * text.len() / 1_024);
    match number::parse(&text, radix) {
        number::Parsed::Integer(integer) => make_big(vm, arguments.name, &integer),
        number::Parsed::Flonum(float) => vm.make_flonum(float),
        number::Parsed::TooLarge => check_bits(arguments.name, number::BITS_MAX + 1).map(|()| Value::FALSE),
        number::Parsed::Ratio | number::Parsed::None => Ok(Value::FALSE),
    }
}
