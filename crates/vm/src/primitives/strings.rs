//! Strings: making, looking, comparing.

use arena::{ObjectTag, Value, string_words, text_hash};

use super::arguments::{Arguments, arguments};
use super::characters::fold;
use super::{at_least, between, exactly};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::Comparison;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("string?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::String)))),
    between("make-string", 1, 2, make_string),
    at_least("string", 0, string),
    exactly("string-length", 1, |vm, call| {
        let string = arguments("string-length", call).string(vm, 0)?;
        Ok(Value::fixnum(string.string_length() as i64))
    }),
    exactly("string-null?", 1, |vm, call| {
        Ok(Value::boolean(arguments("string-null?", call).string(vm, 0)?.string_length() == 0))
    }),
    exactly("string-ref", 2, string_ref),
    exactly("string-set!", 3, string_set),
    at_least("string=?", 1, |vm, call| chain(vm, call, "string=?", Comparison::Equal, false)),
    at_least("string<?", 1, |vm, call| chain(vm, call, "string<?", Comparison::Less, false)),
    at_least("string>?", 1, |vm, call| chain(vm, call, "string>?", Comparison::Greater, false)),
    at_least("string<=?", 1, |vm, call| chain(vm, call, "string<=?", Comparison::LessOrEqual, false)),
    at_least("string>=?", 1, |vm, call| chain(vm, call, "string>=?", Comparison::GreaterOrEqual, false)),
    at_least("string-ci=?", 1, |vm, call| chain(vm, call, "string-ci=?", Comparison::Equal, true)),
    at_least("string-ci<?", 1, |vm, call| chain(vm, call, "string-ci<?", Comparison::Less, true)),
    at_least("string-ci>?", 1, |vm, call| chain(vm, call, "string-ci>?", Comparison::Greater, true)),
    at_least("string-ci<=?", 1, |vm, call| chain(vm, call, "string-ci<=?", Comparison::LessOrEqual, true)),
    at_least("string-ci>=?", 1, |vm, call| chain(vm, call, "string-ci>=?", Comparison::GreaterOrEqual, true)),
    exactly("string-upcase", 1, |vm, call| convert(vm, call, "string-upcase", str::to_uppercase)),
    exactly("string-downcase", 1, |vm, call| convert(vm, call, "string-downcase", str::to_lowercase)),
    exactly("string-foldcase", 1, |vm, call| {
        convert(vm, call, "string-foldcase", |text| text.to_uppercase().to_lowercase())
    }),
    between("substring", 2, 3, |vm, call| slice(vm, arguments("substring", call))),
    between("string-copy", 1, 3, |vm, call| slice(vm, arguments("string-copy", call))),
    exactly("string-tail", 2, |vm, call| slice(vm, arguments("string-tail", call))),
    exactly("string-head", 2, head),
    at_least("string-append", 0, append),
    between("string-copy!", 3, 5, copy_into),
    between("string-fill!", 2, 4, fill),
    exactly("string-reverse", 1, reverse),
    exactly("string-prefix?", 2, |vm, call| {
        let arguments = arguments("string-prefix?", call);
        let (part, whole) = (arguments.string(vm, 0)?, arguments.string(vm, 1)?);
        Ok(Value::boolean(whole.string_units().starts_with(part.string_units())))
    }),
    exactly("string-suffix?", 2, |vm, call| {
        let arguments = arguments("string-suffix?", call);
        let (part, whole) = (arguments.string(vm, 0)?, arguments.string(vm, 1)?);
        Ok(Value::boolean(whole.string_units().ends_with(part.string_units())))
    }),
    between("string-hash", 1, 2, hash),
];

/// Most characters of a string: what can be copied in a few milliseconds.
pub(super) const LENGTH_MAX: usize = 1 << 23;

/// A string of `length` characters, to be filled at once. Reserves.
pub(super) fn blank(vm: &mut Vm<'_>, arguments: Arguments, length: usize) -> Result<Value, Trap> {
    if length > LENGTH_MAX {
        let message = format!("{length} characters are too many for a string ({LENGTH_MAX} is the most)");
        return Err(arguments.range(&message, &[]));
    }
    let words = string_words(length);
    vm.reserve_object(words)?;
    vm.charge_steps(words / 4);
    let string = vm.alloc(ObjectTag::String, words);
    string.set_raw(words - 1, 0);
    string.set_raw(0, length as u64);
    Ok(string)
}

fn make_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("make-string", call);
    let length = arguments.natural(vm, 0)?;
    let fill = if call.count > 1 { arguments.character(vm, 1)? } else { ' ' };
    let string = blank(vm, arguments, length)?;
    string.string_units().fill(fill as u32);
    Ok(string)
}

fn string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string", call);
    for index in 0..call.count {
        arguments.character(vm, index)?;
    }
    let string = blank(vm, arguments, call.count)?;
    for (index, unit) in string.string_units().iter_mut().enumerate() {
        *unit = arguments.character(vm, index)? as u32;
    }
    Ok(string)
}

/// Character `index` of a string.
pub(super) fn character_at(string: Value, index: usize) -> Value {
    let character = char::from_u32(string.string_unit(index)).unwrap_or(char::REPLACEMENT_CHARACTER);
    Value::character(character)
}

fn string_ref(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-ref", call);
    let string = arguments.string(vm, 0)?;
    let index = arguments.index(vm, 1, string.string_length())?;
    Ok(character_at(string, index))
}

fn string_set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-set!", call);
    let string = arguments.mutable(arguments.string(vm, 0)?)?;
    let index = arguments.index(vm, 1, string.string_length())?;
    let character = arguments.character(vm, 2)?;
    string.string_units()[index] = character as u32;
    Ok(Value::UNSPECIFIED)
}

fn chain(
    vm: &Vm<'_>,
    call: Call,
    name: &'static str,
    comparison: Comparison,
    folded: bool,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let mut holds = true;
    let mut before = arguments.string(vm, 0)?;
    for index in 1..call.count {
        let next = arguments.string(vm, index)?;
        let (left, right) = (before.string_units(), next.string_units());
        let ordering = if folded { folded_units(left).cmp(folded_units(right)) } else { left.cmp(&right) };
        holds &= comparison.holds(Some(ordering));
        before = next;
    }
    Ok(Value::boolean(holds))
}

fn folded_units(units: &[u32]) -> impl Iterator<Item = char> + '_ {
    units.iter().map(|unit| fold(char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn convert(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    converted: fn(&str) -> String,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let text = converted(&arguments.string(vm, 0)?.string_text());
    let string = blank(vm, arguments, text.chars().count())?;
    string.string_units().iter_mut().zip(text.chars()).for_each(|(unit, character)| *unit = character as u32);
    Ok(string)
}

fn part(vm: &mut Vm<'_>, arguments: Arguments, range: std::ops::Range<usize>) -> Result<Value, Trap> {
    let string = blank(vm, arguments, range.len())?;
    string.string_units().copy_from_slice(&arguments.string(vm, 0)?.string_units()[range]);
    Ok(string)
}

fn slice(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    let length = arguments.string(vm, 0)?.string_length();
    let range = arguments.range_from(vm, 1, length)?;
    part(vm, arguments, range)
}

fn head(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-head", call);
    let length = arguments.string(vm, 0)?.string_length();
    let end = arguments.index(vm, 1, length + 1)?;
    part(vm, arguments, 0..end)
}

fn append(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-append", call);
    let mut length = 0;
    for index in 0..call.count {
        length += arguments.string(vm, index)?.string_length();
    }
    let string = blank(vm, arguments, length)?;
    let mut rest = string.string_units();
    for index in 0..call.count {
        let units = arguments.string(vm, index)?.string_units();
        let (part, after) = rest.split_at_mut(units.len());
        part.copy_from_slice(units);
        rest = after;
    }
    Ok(string)
}

fn copy_into(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-copy!", call);
    let target = arguments.mutable(arguments.string(vm, 0)?)?;
    let at = arguments.index(vm, 1, target.string_length() + 1)?;
    let source = arguments.string(vm, 2)?;
    let range = arguments.range_from(vm, 3, source.string_length())?;
    let end = at + range.len();
    if end > target.string_length() {
        return Err(arguments.range("the characters do not fit from this index on:", &[arguments.get(vm, 1)]));
    }
    if target == source {
        target.string_units().copy_within(range, at);
    } else {
        target.string_units()[at..end].copy_from_slice(&source.string_units()[range]);
    }
    Ok(Value::fixnum(end as i64))
}

fn fill(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-fill!", call);
    let string = arguments.mutable(arguments.string(vm, 0)?)?;
    let character = arguments.character(vm, 1)?;
    let range = arguments.range_from(vm, 2, string.string_length())?;
    string.string_units()[range].fill(character as u32);
    Ok(Value::UNSPECIFIED)
}

fn reverse(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-reverse", call);
    let length = arguments.string(vm, 0)?.string_length();
    let string = part(vm, arguments, 0..length)?;
    string.string_units().reverse();
    Ok(string)
}

fn hash(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-hash", call);
    let hash = text_hash(arguments.string(vm, 0)?.string_units().iter().copied()) >> 4;
    reduce_hash(vm, arguments, hash)
}

/// A hash below the modulus in argument 1, if that was given.
pub(super) fn reduce_hash(vm: &Vm<'_>, arguments: Arguments, hash: u64) -> Result<Value, Trap> {
    if arguments.call.count < 2 {
        return Ok(Value::fixnum(hash as i64));
    }
    match arguments.natural(vm, 1)? {
        0 => Err(arguments.wrong(vm, 1, "a positive integer")),
        modulus => Ok(Value::fixnum((hash % modulus as u64) as i64)),
    }
}
