//! Characters.

use arena::Value;
use unicode::{digit_value, downcase, foldcase, upcase};

use super::arguments::arguments;
use super::{at_least, between, exactly};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::Comparison;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("char?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).to_character().is_some()))),
    at_least("char=?", 1, |vm, call| chain(vm, call, "char=?", Comparison::Equal, plain)),
    at_least("char<?", 1, |vm, call| chain(vm, call, "char<?", Comparison::Less, plain)),
    at_least("char>?", 1, |vm, call| chain(vm, call, "char>?", Comparison::Greater, plain)),
    at_least("char<=?", 1, |vm, call| chain(vm, call, "char<=?", Comparison::LessOrEqual, plain)),
    at_least("char>=?", 1, |vm, call| chain(vm, call, "char>=?", Comparison::GreaterOrEqual, plain)),
    at_least("char-ci=?", 1, |vm, call| chain(vm, call, "char-ci=?", Comparison::Equal, foldcase)),
    at_least("char-ci<?", 1, |vm, call| chain(vm, call, "char-ci<?", Comparison::Less, foldcase)),
    at_least("char-ci>?", 1, |vm, call| chain(vm, call, "char-ci>?", Comparison::Greater, foldcase)),
    at_least("char-ci<=?", 1, |vm, call| chain(vm, call, "char-ci<=?", Comparison::LessOrEqual, foldcase)),
    at_least("char-ci>=?", 1, |vm, call| chain(vm, call, "char-ci>=?", Comparison::GreaterOrEqual, foldcase)),
    exactly("char-alphabetic?", 1, |vm, call| test(vm, call, "char-alphabetic?", char::is_alphabetic)),
    exactly("char-numeric?", 1, |vm, call| test(vm, call, "char-numeric?", |c| digit_value(c).is_some())),
    exactly("char-whitespace?", 1, |vm, call| test(vm, call, "char-whitespace?", char::is_whitespace)),
    exactly("char-upper-case?", 1, |vm, call| test(vm, call, "char-upper-case?", char::is_uppercase)),
    exactly("char-lower-case?", 1, |vm, call| test(vm, call, "char-lower-case?", char::is_lowercase)),
    exactly("char-upcase", 1, |vm, call| map(vm, call, "char-upcase", upcase)),
    exactly("char-downcase", 1, |vm, call| map(vm, call, "char-downcase", downcase)),
    exactly("char-foldcase", 1, |vm, call| map(vm, call, "char-foldcase", foldcase)),
    exactly("digit-value", 1, |vm, call| {
        let digit = digit_value(arguments("digit-value", call).character(vm, 0)?);
        Ok(digit.map_or(Value::FALSE, |digit| Value::fixnum(i64::from(digit))))
    }),
    between("char->digit", 1, 2, char_to_digit),
    between("digit->char", 1, 2, digit_to_char),
    exactly("char->integer", 1, |vm, call| {
        Ok(Value::fixnum(i64::from(u32::from(arguments("char->integer", call).character(vm, 0)?))))
    }),
    exactly("integer->char", 1, integer_to_char),
];

fn plain(character: char) -> char {
    character
}

fn chain(
    vm: &Vm<'_>,
    call: Call,
    name: &'static str,
    comparison: Comparison,
    key: fn(char) -> char,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let mut holds = true;
    let mut before = key(arguments.character(vm, 0)?);
    for index in 1..call.count {
        let next = key(arguments.character(vm, index)?);
        holds &= comparison.holds(Some(before.cmp(&next)));
        before = next;
    }
    Ok(Value::boolean(holds))
}

fn test(vm: &Vm<'_>, call: Call, name: &'static str, holds: fn(char) -> bool) -> Result<Value, Trap> {
    Ok(Value::boolean(holds(arguments(name, call).character(vm, 0)?)))
}

fn map(vm: &Vm<'_>, call: Call, name: &'static str, mapped: fn(char) -> char) -> Result<Value, Trap> {
    Ok(Value::character(mapped(arguments(name, call).character(vm, 0)?)))
}

fn radix(vm: &Vm<'_>, call: Call, name: &'static str) -> Result<u32, Trap> {
    match vm.optional(call, 1).map(Value::to_fixnum) {
        None => Ok(10),
        Some(Some(radix @ 2..=36)) => Ok(radix as u32),
        Some(_) => Err(arguments(name, call).wrong(vm, 1, "a radix from 2 to 36")),
    }
}

fn char_to_digit(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let character = arguments("char->digit", call).character(vm, 0)?;
    let digit = character.to_digit(radix(vm, call, "char->digit")?);
    Ok(digit.map_or(Value::FALSE, |digit| Value::fixnum(i64::from(digit))))
}

fn digit_to_char(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let digit = arguments("digit->char", call).natural(vm, 0)?;
    let radix = radix(vm, call, "digit->char")?;
    let character = u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, radix));
    Ok(character.map_or(Value::FALSE, Value::character))
}

fn integer_to_char(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("integer->char", call);
    let code = vm.argument(call, 0).to_fixnum().and_then(|code| u32::try_from(code).ok());
    let character = code.and_then(char::from_u32);
    character.map(Value::character).ok_or_else(|| {
        arguments.wrong(vm, 0, "the number of a character (0 to #xD7FF or #xE000 to #x10FFFF)")
    })
}
