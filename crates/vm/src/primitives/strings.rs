//! Strings: making, looking, comparing.

use arena::{ObjectTag, Value, string_words};

use super::arguments::{Arguments, arguments};
use super::bulk::{BLOCK, build, in_order, parts, sweep, units_hash};
use super::progress::{state, suspend};
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
    exactly("string-upcase", 1, |vm, call| convert(vm, call, "string-upcase", str::to_uppercase, upcase_one)),
    exactly("string-downcase", 1, |vm, call| {
        convert(vm, call, "string-downcase", str::to_lowercase, downcase_one)
    }),
    exactly("string-foldcase", 1, |vm, call| {
        convert(vm, call, "string-foldcase", unicode::fold_text, foldcase_one)
    }),
    between("substring", 2, 3, |vm, call| slice(vm, arguments("substring", call))),
    between("string-copy", 1, 3, |vm, call| slice(vm, arguments("string-copy", call))),
    exactly("string-tail", 2, |vm, call| slice(vm, arguments("string-tail", call))),
    exactly("string-head", 2, head),
    at_least("string-append", 0, append),
    between("string-copy!", 3, 5, copy_into),
    between("string-fill!", 2, 4, fill),
    exactly("string-reverse", 1, reverse),
    exactly("string-prefix?", 2, |vm, call| affix(vm, call, "string-prefix?", false)),
    exactly("string-suffix?", 2, |vm, call| affix(vm, call, "string-suffix?", true)),
    between("string-hash", 1, 2, hash),
];

/// Most characters of a string.
pub(super) const LENGTH_MAX: usize = 1 << 23;

/// A string of `length` characters, to be filled. Reserves.
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
    let character = if call.count > 1 { arguments.character(vm, 1)? } else { ' ' };
    let make = |vm: &mut Vm<'_>| blank(vm, arguments, arguments.natural(vm, 0)?);
    build(vm, call, Value::string_length, make, |_, string, range| {
        string.string_units()[range].fill(character as u32);
        Ok(())
    })
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

/// State: argument 0, the pair of arguments that is compared, and the character it has come to.
fn chain(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    comparison: Comparison,
    folded: bool,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let (mut index, mut from) = (1, 0);
    if let Some(state) = state(vm, call) {
        vm.set_argument(call, 0, state.field(1));
        (index, from) = (state.field(2).as_fixnum() as usize, state.field(3).as_fixnum() as usize);
    }
    for position in 0..call.count {
        arguments.string(vm, position)?;
    }
    let mut budget = BLOCK;
    while index < call.count {
        let sides = [arguments.string(vm, index - 1)?, arguments.string(vm, index)?].map(Value::string_units);
        let window = |units: &[u32]| from.min(units.len())..units.len().min(from + budget);
        let [left, right] = sides.each_ref().map(|units| &units[window(units)]);
        let ordering = match folded {
            false => left.cmp(right),
            true if [left, right].iter().all(|units| units.iter().all(|unit| *unit < 0x80)) => {
                folded_units(left).cmp(folded_units(right))
            }
            // One character may fold to several, so that places do not match.
            true => {
                from = sides[0].len().max(sides[1].len());
                folded_fully(sides[0]).cmp(folded_fully(sides[1]))
            }
        };
        budget -= left.len();
        from += left.len();
        if ordering.is_eq() && sides.iter().any(|units| units.len() > from) {
            let values = [vm.argument(call, 0), Value::fixnum(index as i64), Value::fixnum(from as i64)];
            return Err(suspend(vm, call, &values));
        }
        if !comparison.holds(Some(ordering)) {
            return Ok(Value::FALSE);
        }
        (index, from) = (index + 1, 0);
    }
    Ok(Value::TRUE)
}

/// As `string-foldcase` does.
fn folded_fully(units: &[u32]) -> impl Iterator<Item = char> + '_ {
    let characters = units.iter().map(|unit| char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    characters.flat_map(unicode::fold)
}

/// The same for ASCII alone.
fn folded_units(units: &[u32]) -> impl Iterator<Item = u32> + '_ {
    units.iter().map(|unit| unit + 32 * u32::from((0x41..0x5b).contains(unit)))
}

fn convert(
    vm: &mut Vm<'_>,
    call: Call,
    name: &'static str,
    converted: fn(&str) -> String,
    converted_one: fn(&[u32], usize) -> Option<char>,
) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let at_once = |vm: &mut Vm<'_>| {
        let text = converted(&arguments.string(vm, 0)?.string_text());
        let string = blank(vm, arguments, text.chars().count())?;
        let units = string.string_units().iter_mut();
        units.zip(text.chars()).for_each(|(unit, character)| *unit = character as u32);
        Ok(string)
    };
    if arguments.get(vm, 0).is_object(ObjectTag::String) && arguments.string(vm, 0)?.string_length() <= BLOCK
    {
        return at_once(vm);
    }
    let make = |vm: &mut Vm<'_>| blank(vm, arguments, arguments.string(vm, 0)?.string_length());
    let mut grows = false;
    let string = build(vm, call, Value::string_length, make, |vm, string, range| {
        let source = arguments.string(vm, 0)?.string_units();
        for index in range {
            match converted_one(source, index) {
                Some(character) => string.string_units()[index] = character as u32,
                None => grows = true,
            }
        }
        Ok(())
    });
    // Where one character becomes several, lengths cannot be known beforehand.
    if grows {
        if let Some(state) = state(vm, call) {
            vm.set_argument(call, 0, state.field(1));
        }
        return at_once(vm);
    }
    string
}

fn one(units: &[u32], index: usize) -> char {
    char::from_u32(units[index]).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The only character, if there is only one.
fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    characters.next().filter(|_| characters.next().is_none())
}

fn upcase_one(units: &[u32], index: usize) -> Option<char> {
    single(one(units, index).to_uppercase())
}

/// A capital sigma at the end of a word has a form of its own, so that its neighbours count.
fn downcase_one(units: &[u32], index: usize) -> Option<char> {
    const NEIGHBOURS: usize = 64;
    let character = one(units, index);
    if character != 'Σ' {
        return single(character.to_lowercase());
    }
    let text = |range: std::ops::Range<usize>| range.map(|index| one(units, index)).collect::<String>();
    let from = index.saturating_sub(NEIGHBOURS);
    let before = text(from..index).to_lowercase().chars().count();
    text(from..units.len().min(index + NEIGHBOURS)).to_lowercase().chars().nth(before)
}

fn foldcase_one(units: &[u32], index: usize) -> Option<char> {
    single(unicode::fold(one(units, index)))
}

/// The characters of argument 0 that `range` says.
fn part(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    range: impl Fn(&Vm<'_>, usize) -> Result<std::ops::Range<usize>, Trap>,
) -> Result<Value, Trap> {
    let range = |vm: &Vm<'_>| range(vm, arguments.string(vm, 0)?.string_length());
    let make = |vm: &mut Vm<'_>| blank(vm, arguments, range(vm)?.len());
    build(vm, arguments.call, Value::string_length, make, |vm, string, done| {
        let source = &arguments.string(vm, 0)?.string_units()[range(vm)?];
        string.string_units()[done.clone()].copy_from_slice(&source[done]);
        Ok(())
    })
}

fn slice(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    part(vm, arguments, |vm, length| arguments.range_from(vm, 1, length))
}

fn head(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-head", call);
    part(vm, arguments, |vm, length| Ok(0..arguments.index(vm, 1, length + 1)?))
}

fn append(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-append", call);
    if call.count == 0 {
        return blank(vm, arguments, 0);
    }
    let make = |vm: &mut Vm<'_>| {
        let mut length = 0;
        for index in 0..call.count {
            length += arguments.string(vm, index)?.string_length();
        }
        blank(vm, arguments, length)
    };
    build(vm, call, Value::string_length, make, |vm, string, range| {
        let mut rest = &mut string.string_units()[range.clone()];
        let lengths = (0..call.count).map(|index| vm.argument(call, index).string_length());
        for (index, part) in parts(lengths, range) {
            let (target, after) = rest.split_at_mut(part.len());
            target.copy_from_slice(&vm.argument(call, index).string_units()[part]);
            rest = after;
        }
        Ok(())
    })
}

fn copy_into(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-copy!", call);
    let parts = |vm: &Vm<'_>| {
        let target = arguments.mutable(arguments.string(vm, 0)?)?;
        let at = arguments.index(vm, 1, target.string_length() + 1)?;
        let source = arguments.string(vm, 2)?;
        let range = arguments.range_from(vm, 3, source.string_length())?;
        if at + range.len() > target.string_length() {
            let message = "the characters do not fit from this index on:";
            return Err(arguments.range(message, &[arguments.get(vm, 1)]));
        }
        Ok((target, at, source, range))
    };
    let count = sweep(
        vm,
        call,
        |vm| parts(vm).map(|(.., range)| range.len()),
        |vm, done| {
            let (target, at, source, range) = parts(vm)?;
            let done = in_order(done, range.len(), at > range.start);
            let from = range.start + done.start..range.start + done.end;
            let units = target.string_units();
            if target == source {
                units.copy_within(from, at + done.start);
            } else {
                units[at + done.start..at + done.end].copy_from_slice(&source.string_units()[from]);
            }
            Ok(())
        },
    )?;
    Ok(Value::fixnum((arguments.index(vm, 1, usize::MAX)? + count) as i64))
}

fn fill(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-fill!", call);
    let range = |vm: &Vm<'_>| {
        let string = arguments.mutable(arguments.string(vm, 0)?)?;
        arguments.range_from(vm, 2, string.string_length())
    };
    let character = arguments.character(vm, 1)?;
    sweep(
        vm,
        call,
        |vm| range(vm).map(|range| range.len()),
        |vm, done| {
            let string = arguments.string(vm, 0)?;
            string.string_units()[range(vm)?][done].fill(character as u32);
            Ok(())
        },
    )?;
    Ok(Value::UNSPECIFIED)
}

fn reverse(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-reverse", call);
    let make = |vm: &mut Vm<'_>| blank(vm, arguments, arguments.string(vm, 0)?.string_length());
    build(vm, call, Value::string_length, make, |vm, string, range| {
        let source = arguments.string(vm, 0)?.string_units();
        let mirrored = &source[source.len() - range.end..source.len() - range.start];
        let target = &mut string.string_units()[range];
        target.iter_mut().zip(mirrored.iter().rev()).for_each(|(unit, mirror)| *unit = *mirror);
        Ok(())
    })
}

/// `string-prefix?` and `string-suffix?`: a part that is at one end of the whole.
fn affix(vm: &mut Vm<'_>, call: Call, name: &'static str, at_end: bool) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let mut differs = false;
    let count = |vm: &Vm<'_>| {
        let (part, whole) = (arguments.string(vm, 0)?, arguments.string(vm, 1)?);
        Ok(if part.string_length() > whole.string_length() { 0 } else { part.string_length() })
    };
    let swept = sweep(vm, call, count, |vm, range| {
        let (part, whole) =
            (arguments.string(vm, 0)?.string_units(), arguments.string(vm, 1)?.string_units());
        let at = if at_end { whole.len().saturating_sub(part.len()) } else { 0 };
        differs = part.len() > whole.len() || part[range.clone()] != whole[at + range.start..at + range.end];
        Ok(())
    });
    if differs { Ok(Value::FALSE) } else { swept.map(|_| Value::TRUE) }
}

fn hash(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-hash", call);
    let hash = units_hash(arguments.string(vm, 0)?.string_units()) >> 4;
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
