//! Strings to and from lists and vectors, and searching in them: work that may have to stop and go on.

use arena::Value;

use super::arguments::{Arguments, arguments};
use super::bulk::build;
use super::progress::{ListBuilder, PAIR_WORDS, STEPS, again, prepend, state, suspend};
use super::strings::{blank, character_at};
use super::vectors::{list_length, zeros};
use super::{between, exactly};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    between("string->list", 1, 3, string_to_list),
    exactly("list->string", 1, list_to_string),
    between("string->vector", 1, 3, string_to_vector),
    between("vector->string", 1, 3, vector_to_string),
    exactly("string-search-forward", 3, search_forward),
    exactly("string-search-all", 2, search_all),
];

/// State: string, characters not in the list yet end here, list. Made from the end.
fn string_to_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string->list", call);
    let (string, mut end, list) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize, state.field(3)),
        None => {
            let string = arguments.string(vm, 0)?;
            (string, arguments.range_from(vm, 1, string.string_length())?.end, Value::NIL)
        }
    };
    let start = arguments.range_from(vm, 1, string.string_length())?.start;
    let rooted = vm.root(list);
    vm.root(string);
    let stop = start.max(end.saturating_sub(STEPS));
    vm.charge_steps(end - stop);
    prepend(vm, rooted, end - stop, |vm, index| character_at(vm.rooted(rooted + 1), stop + index))?;
    end = stop;
    let (list, string) = (vm.rooted(rooted), vm.rooted(rooted + 1));
    vm.unroot(rooted);
    if end > start { Err(suspend(vm, call, &[string, Value::fixnum(end as i64), list])) } else { Ok(list) }
}

#[cold]
fn no_character(arguments: Arguments, element: Value) -> Trap {
    arguments.wrong_value(0, "characters", element)
}

/// State while counting: as `list->vector`'s; while filling: string, rest, next index.
fn list_to_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("list->string", call);
    let (string, mut rest, mut index) = match state(vm, call) {
        Some(state) if state.words() == 4 => {
            (state.field(1), state.field(2), state.field(3).as_fixnum() as usize)
        }
        _ => {
            let (list, length) = list_length(vm, arguments)?;
            let rooted = vm.root(list);
            let string = blank(vm, arguments, length)?;
            string.string_units().fill(0);
            let list = vm.rooted(rooted);
            vm.unroot(rooted);
            (string, list, 0)
        }
    };
    let units = string.string_units();
    for step in 0..STEPS {
        if !rest.is_pair() {
            vm.charge_steps(step);
            return Ok(string);
        }
        let element = rest.car();
        units[index] = element.to_character().ok_or_else(|| no_character(arguments, element))? as u32;
        rest = rest.cdr();
        index += 1;
    }
    Err(suspend(vm, call, &[string, rest, Value::fixnum(index as i64)]))
}

fn string_to_vector(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string->vector", call);
    let source = |vm: &Vm<'_>| arguments.range_from(vm, 1, arguments.string(vm, 0)?.string_length());
    let make = |vm: &mut Vm<'_>| zeros(vm, source(vm)?.len());
    build(vm, call, Value::words, make, |vm, vector, range| {
        let start = source(vm)?.start;
        let string = arguments.string(vm, 0)?;
        range.for_each(|index| vector.init_field(index, character_at(string, start + index)));
        Ok(())
    })
}

fn vector_to_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector->string", call);
    let source = |vm: &Vm<'_>| arguments.range_from(vm, 1, arguments.vector(vm, 0)?.words());
    let make = |vm: &mut Vm<'_>| blank(vm, arguments, source(vm)?.len());
    build(vm, call, Value::string_length, make, |vm, string, range| {
        let elements = &arguments.vector(vm, 0)?.fields()[source(vm)?][range.clone()];
        for (unit, element) in string.string_units()[range].iter_mut().zip(elements) {
            *unit = element.to_character().ok_or_else(|| no_character(arguments, *element))? as u32;
        }
        Ok(())
    })
}

/// The next place where `pattern` is in `text`, from `at` on, within a budget; or where to go on.
fn find(pattern: &[u32], text: &[u32], mut at: usize, budget: usize) -> Result<Option<usize>, usize> {
    let mut left = budget.max(pattern.len());
    while at + pattern.len() <= text.len() {
        let same = pattern.iter().zip(&text[at..]).take_while(|(left, right)| left == right).count();
        if same == pattern.len() {
            return Ok(Some(at));
        }
        at += 1;
        match left.checked_sub(same + 1) {
            Some(rest) => left = rest,
            None => return Err(at),
        }
    }
    Ok(None)
}

/// `(string-search-forward pattern string start)`: the start argument moves on.
fn search_forward(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-search-forward", call);
    let (pattern, text) = (arguments.string(vm, 0)?, arguments.string(vm, 1)?);
    let start = arguments.index(vm, 2, text.string_length() + 1)?;
    match find(pattern.string_units(), text.string_units(), start, STEPS * 4) {
        Ok(found) => Ok(found.map_or(Value::FALSE, |at| Value::fixnum(at as i64))),
        Err(at) => {
            vm.set_argument(call, 2, Value::fixnum(at as i64));
            Err(again(vm, call))
        }
    }
}

/// State: pattern, where to go on, first and last pair of the result.
fn search_all(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string-search-all", call);
    let (pattern, mut at, head, last) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize, state.field(3), state.field(4)),
        None => (arguments.string(vm, 0)?, 0, Value::NIL, Value::NIL),
    };
    arguments.string(vm, 1)?;
    let rooted = vm.root(pattern);
    let builder = ListBuilder::resume(vm, head, last);
    for _ in 0..STEPS / 8 {
        let text = vm.argument(call, 1);
        match find(vm.rooted(rooted).string_units(), text.string_units(), at, STEPS) {
            Ok(Some(found)) => {
                vm.reserve(PAIR_WORDS)?;
                builder.push(vm, Value::fixnum(found as i64));
                at = found + 1;
            }
            Ok(None) => {
                let list = builder.finish(vm);
                vm.unroot(rooted);
                return Ok(list);
            }
            Err(next) => {
                at = next;
                break;
            }
        }
    }
    let values = [vm.rooted(rooted), Value::fixnum(at as i64), builder.head(vm), builder.last(vm)];
    Err(suspend(vm, call, &values))
}
