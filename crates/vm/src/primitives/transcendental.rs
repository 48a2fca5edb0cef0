//! Roots, exponentials and angles, all from one software library, so that results are the same everywhere.

use arena::Value;

use super::arguments::{Arguments, arguments};
use super::{between, exactly};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::{Number, exact_root, natural_logarithm_of, root_to_f64};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("exp", 1, |vm, call| function(vm, call, "exp", Some((0, 1)), exponential)),
    exactly("sin", 1, |vm, call| function(vm, call, "sin", Some((0, 0)), libm::sin)),
    exactly("cos", 1, |vm, call| function(vm, call, "cos", Some((0, 1)), libm::cos)),
    exactly("tan", 1, |vm, call| function(vm, call, "tan", Some((0, 0)), libm::tan)),
    exactly("asin", 1, |vm, call| inverse(vm, call, "asin", Some((0, 0)), libm::asin)),
    exactly("acos", 1, |vm, call| inverse(vm, call, "acos", Some((1, 0)), libm::acos)),
    between("atan", 1, 2, arctangent),
    between("log", 1, 2, logarithm),
    exactly("sqrt", 1, square_root),
];

/// `exact` is the one exact argument whose result is exact, and that result.
fn function(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    exact: Option<(i64, i64)>,
    of: fn(f64) -> f64,
) -> Result<Value, Trap> {
    let number = arguments(name, call).number(vm, 0)?;
    match (number, exact) {
        (Number::Fixnum(small), Some((at, result))) if small == at => Ok(Value::fixnum(result)),
        (number, _) => vm.make_flonum(of(number.to_f64())),
    }
}

/// The library is one unit off at 1, where everyone looks.
fn exponential(power: f64) -> f64 {
    if power == 1.0 { std::f64::consts::E } else { libm::exp(power) }
}

#[cold]
fn complex(arguments: Arguments, vm: &Vm<'_>) -> Trap {
    let message =
        format!("{}: the result is complex, and complex numbers are not supported:", arguments.name);
    Trap::error(ErrorKind::Arithmetic, message, &[arguments.get(vm, 0)])
}

fn inverse(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    exact: Option<(i64, i64)>,
    of: fn(f64) -> f64,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    if arguments.number(vm, 0)?.to_f64().abs() > 1.0 {
        return Err(complex(arguments, vm));
    }
    function(vm, call, name, exact, of)
}

fn arctangent(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("atan", call);
    if call.count == 1 {
        return function(vm, call, "atan", Some((0, 0)), libm::atan);
    }
    let (y, x) = (arguments.number(vm, 0)?, arguments.number(vm, 1)?);
    match (y, x) {
        (Number::Fixnum(0), Number::Fixnum(0)) => {
            Err(Trap::error(ErrorKind::Arithmetic, "atan: undefined for 0 and 0", &[]))
        }
        (Number::Fixnum(0), x) if x.is_exact() && !x.is_negative() => Ok(Value::ZERO),
        (y, x) => vm.make_flonum(libm::atan2(y.to_f64(), x.to_f64())),
    }
}

/// Natural logarithm of a positive number of any size.
fn natural_logarithm(number: Number<'_>) -> f64 {
    let float = number.to_f64();
    match number.fraction() {
        Some((top, bottom)) if !float.is_normal() && !number.is_zero() => {
            natural_logarithm_of(top.limbs()) - natural_logarithm_of(bottom.limbs())
        }
        _ => libm::log(float),
    }
}

fn logarithm(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("log", call);
    let number = arguments.number(vm, 0)?;
    if number.is_negative() {
        return Err(complex(arguments, vm));
    }
    if call.count == 1 {
        return match number {
            Number::Fixnum(1) => Ok(Value::ZERO),
            number => vm.make_flonum(natural_logarithm(number)),
        };
    }
    let base = arguments.number(vm, 1)?;
    if base.is_negative() {
        return Err(arguments.wrong(vm, 1, "a positive number"));
    }
    let result = match base {
        Number::Fixnum(2) if number.to_f64().is_normal() => libm::log2(number.to_f64()),
        Number::Fixnum(10) if number.to_f64().is_normal() => libm::log10(number.to_f64()),
        base => natural_logarithm(number) / natural_logarithm(base),
    };
    vm.make_flonum(result)
}

fn square_root(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("sqrt", call);
    let number = arguments.number(vm, 0)?;
    if number.is_negative() {
        return Err(complex(arguments, vm));
    }
    if number.is_exact() {
        if let Some(root) = exact_root(vm, number)? {
            return Ok(root);
        }
        // Finding that there is no exact root reserves nothing.
        return vm.make_flonum(root_to_f64(number));
    }
    vm.make_flonum(libm::sqrt(number.to_f64()))
}
