//! Numbers to text and back. Long integers are converted a piece at a time.
//!
//! 1. A piece is a fixed number of digits, so that one division or multiplication by the piece's weight is short; a step
//!    does as many of them as [`PRODUCTS`] allows.
//! 2. Digits come from the low end; a [`Conversion`] keeps what is left of the number and the pieces, the most
//!    significant first.

use arena::Value;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{Num, Pow, Signed};

use super::arguments::{Arguments, arguments};
use super::between;
use super::progress::{PAIR_WORDS, state, suspend};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::{self, Arithmetic, Number, combine, make_big};

pub(super) const TABLE: &[PrimitiveEntry] =
    &[between("number->string", 1, 2, number_to_string), between("string->number", 1, 2, string_to_number)];

/// Bits of a piece's weight at most.
const PIECE_BITS: usize = 2_048;
/// Bits of an integer that is converted at once at most; the time for it goes with their square.
const AT_ONCE_BITS: usize = 16 * PIECE_BITS;
/// Products of two 64-bit limbs in one step.
const PRODUCTS: usize = 1 << 17;
/// Products that take as long as one step of `charge_steps`.
const PRODUCTS_PER_STEP: usize = 4;

/// Digits of a piece, and its weight.
fn piece(radix: u32) -> (usize, BigUint) {
    let bits_per_digit = 32 - (radix - 1).leading_zeros() as usize;
    let digits = PIECE_BITS / bits_per_digit;
    (digits, Pow::pow(BigUint::from(radix), digits))
}

/// Must the integer be converted in steps?
pub(super) fn is_long(value: Value) -> bool {
    matches!(Number::of(value), Some(Number::Big { limbs, .. }) if limbs.len() * 64 > AT_ONCE_BITS)
}

/// Has the ratio a part that must be?
fn is_long_ratio(number: Number<'_>) -> bool {
    matches!(number, Number::Ratio(ratio) if is_long(ratio.numerator()) || is_long(ratio.denominator()))
}

/// An integer that is on its way to text. Its values are roots' business while anything reserves.
pub(super) struct Conversion {
    rest: Value,
    pieces: Value,
}

impl Conversion {
    /// Values of a conversion, to be kept in a state.
    pub(super) const VALUES: usize = 2;

    pub(super) fn new(number: Value) -> Conversion {
        Conversion { rest: number, pieces: Value::NIL }
    }

    pub(super) fn load(state: Value, field: usize) -> Conversion {
        Conversion { rest: state.field(field), pieces: state.field(field + 1) }
    }

    pub(super) fn values(&self) -> [Value; Conversion::VALUES] {
        [self.rest, self.pieces]
    }

    /// Takes a step; answers the text if that was the last one. Reserves.
    #[optimize(size)]
    pub(super) fn step(&mut self, vm: &mut Vm<'_>, radix: u32) -> Result<Option<Value>, Trap> {
        let Some(mut rest) = Number::of(self.rest).and_then(Number::to_big) else { return Ok(None) };
        let (digits, weight) = piece(radix);
        let (is_negative, mut magnitude) = (rest.is_negative(), rest.magnitude().clone());
        let mut texts = Vec::new();
        let mut budget = PRODUCTS;
        while magnitude.bits() as usize > AT_ONCE_BITS {
            let products = magnitude.bits() as usize / 64 * (PIECE_BITS / 64);
            if products > budget {
                break;
            }
            budget -= products;
            let (quotient, remainder) = magnitude.div_rem(&weight);
            magnitude = quotient;
            texts.push(format!("{:0>digits$}", remainder.to_str_radix(radix)));
        }
        let is_last = texts.is_empty();
        if is_last {
            texts.push(magnitude.to_str_radix(radix));
            texts.extend(is_negative.then(|| "-".to_string()));
            budget -= PRODUCTS / 2;
        }
        texts.reverse();
        vm.charge_steps((PRODUCTS - budget) / PRODUCTS_PER_STEP);
        let mut text = texts.concat();
        if is_last {
            let mut pieces = self.pieces;
            while pieces.is_pair() {
                text.push_str(&pieces.car().string_text());
                pieces = pieces.cdr();
            }
            return vm.make_string(&text).map(Some);
        }
        let pieces = vm.root(self.pieces);
        let string = vm.make_string(&text)?;
        let string = vm.root(string);
        rest = BigInt::from(magnitude);
        let rest = make_big(vm, "number->string", &if is_negative { -rest } else { rest })?;
        let rest = vm.root(rest);
        vm.reserve(PAIR_WORDS)?;
        self.pieces = vm.cons(vm.rooted(string), vm.rooted(pieces));
        self.rest = vm.rooted(rest);
        vm.unroot(pieces);
        Ok(None)
    }
}

fn radix(vm: &Vm<'_>, arguments: Arguments) -> Result<u32, Trap> {
    let Some(radix) = arguments.optional(vm, 1) else { return Ok(10) };
    match radix.to_fixnum() {
        Some(radix @ 2..=36) => Ok(radix as u32),
        _ => Err(arguments.wrong(vm, 1, "a radix from 2 to 36")),
    }
}

/// State: a [`Conversion`], and the numerator if that is to be converted after it.
#[optimize(size)]
fn number_to_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("number->string", call);
    let radix = radix(vm, arguments)?;
    let (mut conversion, numerator) = match state(vm, call) {
        Some(state) => (Conversion::load(state, 1), state.field(1 + Conversion::VALUES)),
        None => {
            let number = arguments.number(vm, 0)?;
            if radix != 10 && number.to_f64_if_float().is_some_and(f64::is_finite) {
                let message = "number->string: inexact numbers can be written with radix 10 only, got";
                return Err(Trap::error(ErrorKind::Arithmetic, message, &[vm.argument(call, 1)]));
            }
            let is_long_ratio = is_long_ratio(number);
            if !is_long(vm.argument(call, 0)) && !is_long_ratio {
                let text = number::to_text(number, radix);
                vm.charge_steps(text.len() * text.len() / 1_024);
                return vm.make_string(&text);
            }
            // The text of a ratio is made from its end on, as that of an integer is.
            match number {
                Number::Ratio(ratio) => (Conversion::new(ratio.denominator()), ratio.numerator()),
                _ => (Conversion::new(vm.argument(call, 0)), Value::FALSE),
            }
        }
    };
    let numerator = vm.root(numerator);
    let text = conversion.step(vm, radix)?;
    let numerator_left = vm.rooted(numerator);
    if let Some(text) = text {
        if numerator_left == Value::FALSE {
            return Ok(text);
        }
        vm.set_rooted(numerator, text);
        let left = vm.root(numerator_left);
        let slash = vm.make_string("/")?;
        let slash = vm.root(slash);
        vm.reserve(2 * PAIR_WORDS)?;
        let pieces = vm.cons(vm.rooted(numerator), Value::NIL);
        let pieces = vm.cons(vm.rooted(slash), pieces);
        conversion = Conversion { rest: vm.rooted(left), pieces };
        vm.set_rooted(numerator, Value::FALSE);
    }
    let [rest, pieces] = conversion.values();
    Err(suspend(vm, call, &[rest, pieces, vm.rooted(numerator)]))
}

/// State: [`Digits`], or numerator and denominator of a quotient.
#[optimize(size)]
fn string_to_number(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string->number", call);
    if let Some(state) = state(vm, call) {
        return match state.words() {
            QUOTIENT_WORDS => quotient(vm, call, state.field(1), state.field(2)),
            _ => Digits::load(state).step(vm, call),
        };
    }
    let string = arguments.string(vm, 0)?;
    let radix = radix(vm, arguments)?;
    if string.string_length() > 2 * number::BITS_MAX + 64 {
        return Ok(Value::FALSE);
    }
    let mut text = string.string_text();
    let mut string = string;
    if let Some(quotient) = number::long_decimal(&text, radix, AT_ONCE_BITS) {
        string = vm.make_string(&quotient)?;
        text = quotient;
    }
    if let Some((at, radix, is_negative)) = number::long_exact(&text, radix, AT_ONCE_BITS) {
        let (magnitude, numerator) = (Value::ZERO, Value::FALSE);
        return Digits { text: string, at, radix, is_negative, magnitude, numerator }.step(vm, call);
    }
    vm.charge_steps(text.len().min(AT_ONCE_BITS) * text.len() / 1_024);
    match number::parse(&text, radix) {
        number::Parsed::Integer(integer) => make_big(vm, arguments.name, &integer),
        number::Parsed::Flonum(float) => vm.make_flonum(float),
        number::Parsed::TooLarge => {
            number::check_bits(arguments.name, number::BITS_MAX + 1).map(|()| Value::FALSE)
        }
        number::Parsed::Ratio(top, bottom) => {
            let top = make_big(vm, arguments.name, &top)?;
            let top = vm.root(top);
            let bottom = make_big(vm, arguments.name, &bottom)?;
            quotient(vm, call, vm.rooted(top), bottom)
        }
        number::Parsed::Undefined | number::Parsed::None => Ok(Value::FALSE),
    }
}

/// Words of the state in which a quotient is found.
const QUOTIENT_WORDS: usize = 3;

/// The quotient of two integers, which `string->number` answers. Reserves.
#[optimize(size)]
fn quotient(vm: &mut Vm<'_>, call: Call, top: Value, bottom: Value) -> Result<Value, Trap> {
    if bottom == Value::ZERO {
        return Ok(Value::FALSE);
    }
    let first = vm.root(top);
    vm.root(bottom);
    match combine(vm, Arithmetic::Divide, "string->number", top, bottom, 2) {
        Err(Trap::Again { .. }) => Err(suspend(vm, call, &[vm.rooted(first), vm.rooted(first + 1)])),
        result => result,
    }
}

/// The digits of an integer, or of a ratio's parts one after the other, on their way into a magnitude.
struct Digits {
    text: Value,
    /// The next digit.
    at: usize,
    radix: u32,
    is_negative: bool,
    magnitude: Value,
    /// The numerator, once the digits of the denominator are read.
    numerator: Value,
}

impl Digits {
    #[optimize(size)]
    fn load(state: Value) -> Digits {
        let radix = state.field(3).as_fixnum();
        Digits {
            text: state.field(1),
            at: state.field(2).as_fixnum() as usize,
            radix: radix.unsigned_abs() as u32,
            is_negative: radix < 0,
            magnitude: state.field(4),
            numerator: state.field(5),
        }
    }

    /// Takes a step: answers the number, or stops. Reserves.
    #[optimize(size)]
    fn step(mut self, vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
        let name = "string->number";
        let (digits, weight) = piece(self.radix);
        let weight = BigInt::from(weight);
        let units = self.text.string_units();
        let Some(mut number) = Number::of(self.magnitude).and_then(Number::to_big) else {
            return Ok(Value::FALSE);
        };
        let slash = |unit: &u32| *unit == u32::from('/');
        let mut budget = PRODUCTS;
        while self.at < units.len() && !slash(&units[self.at]) {
            let products = (number.bits() as usize / 64 + PIECE_BITS / 64) * (PIECE_BITS / 64);
            if products > budget {
                break;
            }
            budget -= products;
            let piece = &units[self.at..units.len().min(self.at + digits)];
            let end = self.at + piece.iter().position(slash).unwrap_or(piece.len());
            let piece: String = units[self.at..end].iter().filter_map(|unit| char::from_u32(*unit)).collect();
            let Ok(low) = BigInt::from_str_radix(&piece, self.radix) else { return Ok(Value::FALSE) };
            number *= match end - self.at {
                count if count < digits => Pow::pow(BigInt::from(self.radix), count),
                _ => weight.clone(),
            };
            number += low;
            number::check_bits(name, number.bits() as usize)?;
            self.at = end;
        }
        vm.charge_steps((PRODUCTS - budget) / PRODUCTS_PER_STEP);
        let is_end = self.at == units.len();
        let part = is_end || slash(&units[self.at]);
        let text = vm.root(self.text);
        let numerator = vm.root(self.numerator);
        if part && self.is_negative && self.numerator == Value::FALSE {
            number = -number;
        }
        let mut magnitude = make_big(vm, name, &number)?;
        if is_end {
            return match vm.rooted(numerator) {
                Value::FALSE => Ok(magnitude),
                top => quotient(vm, call, top, magnitude),
            };
        }
        if part {
            self.at += 1;
            vm.set_rooted(numerator, magnitude);
            magnitude = Value::ZERO;
        }
        let radix = Value::fixnum(i64::from(self.radix) * if self.is_negative { -1 } else { 1 });
        let at = Value::fixnum(self.at as i64);
        let values = [vm.rooted(text), at, radix, magnitude, vm.rooted(numerator)];
        vm.unroot(text);
        Err(suspend(vm, call, &values))
    }
}
