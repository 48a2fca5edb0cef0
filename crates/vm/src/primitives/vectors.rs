//! Vectors.
//!
//! 1. A vector too large for the nursery starts out as zeros, so that it can be filled in steps.

use arena::{LARGE_WORDS, ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::lists::{Counted, Counter};
use super::progress::{STEPS, prepend, state, suspend};
use super::{at_least, between, exactly};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("vector?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Vector)))),
    between("make-vector", 1, 2, make_vector),
    at_least("vector", 0, vector),
    exactly("vector-length", 1, |vm, call| {
        let vector = arguments("vector-length", call).vector(vm, 0)?;
        Ok(Value::fixnum(vector.words() as i64))
    }),
    exactly("vector-ref", 2, vector_ref),
    exactly("vector-set!", 3, vector_set),
    between("vector->list", 1, 3, vector_to_list),
    exactly("list->vector", 1, list_to_vector),
    between("vector-fill!", 2, 4, fill),
    between("vector-copy", 1, 3, |vm, call| slice(vm, arguments("vector-copy", call))),
    exactly("subvector", 3, |vm, call| slice(vm, arguments("subvector", call))),
    exactly("vector-tail", 2, |vm, call| slice(vm, arguments("vector-tail", call))),
    exactly("vector-head", 2, vector_head),
    between("vector-copy!", 3, 5, copy_into),
    at_least("vector-append", 0, append),
    exactly("vector-grow", 2, grow),
];

/// Words that are copied or filled in one go: a block copy takes much less than a step per word.
const BLOCK: usize = 1 << 16;

/// A vector of zeros, to be filled by [`Vm::write_field`]. Reserves.
pub(super) fn zeros(vm: &mut Vm<'_>, length: usize) -> Result<Value, Trap> {
    vm.reserve_object(length)?;
    vm.charge_steps(length / 16);
    let vector = vm.alloc(ObjectTag::Vector, length);
    if length <= LARGE_WORDS {
        (0..length).for_each(|index| vector.init_field(index, Value::ZERO));
    }
    Ok(vector)
}

/// State: the vector, next index.
fn make_vector(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("make-vector", call);
    let (vector, from) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize),
        None => {
            let length = arguments.size(arguments.natural(vm, 0)?)?;
            (zeros(vm, length)?, 0)
        }
    };
    let value = vm.optional(call, 1).unwrap_or(Value::FALSE);
    let to = vector.words().min(from + BLOCK);
    for index in from..to {
        vm.write_field(vector, index, value);
    }
    if to < vector.words() {
        return Err(suspend(vm, call, &[vector, Value::fixnum(to as i64)]));
    }
    Ok(vector)
}

fn vector(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    vm.reserve_object(call.count)?;
    let vector = vm.alloc(ObjectTag::Vector, call.count);
    (0..call.count).for_each(|index| vector.init_field(index, vm.argument(call, index)));
    Ok(vector)
}

fn vector_ref(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-ref", call);
    let vector = arguments.vector(vm, 0)?;
    Ok(vector.field(arguments.index(vm, 1, vector.words())?))
}

fn vector_set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-set!", call);
    let vector = arguments.mutable(arguments.vector(vm, 0)?)?;
    let index = arguments.index(vm, 1, vector.words())?;
    vm.write_field(vector, index, vm.argument(call, 2));
    Ok(Value::UNSPECIFIED)
}

/// State: vector, elements not in the list yet end here, list. Made from the end.
fn vector_to_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector->list", call);
    let (vector, mut end, list) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize, state.field(3)),
        None => {
            let vector = arguments.vector(vm, 0)?;
            (vector, arguments.range_from(vm, 1, vector.words())?.end, Value::NIL)
        }
    };
    let start = arguments.range_from(vm, 1, vector.words())?.start;
    let rooted = vm.root(list);
    vm.root(vector);
    let stop = start.max(end.saturating_sub(STEPS));
    vm.charge_steps(end - stop);
    prepend(vm, rooted, end - stop, |vm, index| vm.rooted(rooted + 1).field(stop + index))?;
    end = stop;
    let (list, vector) = (vm.rooted(rooted), vm.rooted(rooted + 1));
    vm.unroot(rooted);
    if end > start { Err(suspend(vm, call, &[vector, Value::fixnum(end as i64), list])) } else { Ok(list) }
}

/// State while counting: list and [`Counter`]; while filling: vector, rest, next index.
fn list_to_vector(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("list->vector", call);
    let (vector, mut rest, mut index) = match state(vm, call) {
        Some(state) if state.words() == 4 => {
            (state.field(1), state.field(2), state.field(3).as_fixnum() as usize)
        }
        _ => {
            let (list, length) = list_length(vm, arguments)?;
            let rooted = vm.root(list);
            let length = arguments.size(length)?;
            let vector = zeros(vm, length)?;
            let list = vm.rooted(rooted);
            vm.unroot(rooted);
            (vector, list, 0)
        }
    };
    for step in 0..STEPS {
        if !rest.is_pair() {
            vm.charge_steps(step);
            return Ok(vector);
        }
        vm.write_field(vector, index, rest.car());
        rest = rest.cdr();
        index += 1;
    }
    Err(suspend(vm, call, &[vector, rest, Value::fixnum(index as i64)]))
}

/// The list in argument 0, which may be a state with a [`Counter`], and its length.
pub(super) fn list_length(vm: &mut Vm<'_>, arguments: Arguments) -> Result<(Value, usize), Trap> {
    let call = arguments.call;
    let (list, mut counter) = match state(vm, call) {
        Some(state) => (state.field(1), Counter::resume(state, 2)),
        None => (vm.argument(call, 0), Counter::new(vm.argument(call, 0))),
    };
    match counter.run(vm) {
        Counted::Proper => Ok((list, counter.count)),
        Counted::Improper | Counted::Circular => Err(arguments.wrong_value(0, "a list", list)),
        Counted::Unfinished => {
            let [rest, count, anchor, next_anchor] = counter.state();
            Err(suspend(vm, call, &[list, rest, count, anchor, next_anchor]))
        }
    }
}

/// `(vector-fill! vector value start end)`: the start argument moves on when there is much to fill.
fn fill(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-fill!", call);
    let (vector, from, end) = match state(vm, call) {
        Some(state) => {
            (state.field(1), state.field(2).as_fixnum() as usize, state.field(3).as_fixnum() as usize)
        }
        None => {
            let vector = arguments.mutable(arguments.vector(vm, 0)?)?;
            let range = arguments.range_from(vm, 2, vector.words())?;
            (vector, range.start, range.end)
        }
    };
    let to = end.min(from + BLOCK);
    vm.charge_steps((to - from) / 4);
    for index in from..to {
        vm.write_field(vector, index, vm.argument(call, 1));
    }
    if to < end {
        return Err(suspend(vm, call, &[vector, Value::fixnum(to as i64), Value::fixnum(end as i64)]));
    }
    Ok(Value::UNSPECIFIED)
}

/// State: source, target, next index of the target, distance to the source.
fn copy_steps(
    vm: &mut Vm<'_>,
    call: Call,
    source: Value,
    target: Value,
    from: usize,
    distance: usize,
    end: usize,
) -> Result<Value, Trap> {
    let to = end.min(from + BLOCK);
    vm.charge_steps((to - from) / 4);
    for index in from..to {
        vm.write_field(target, index, source.field(index + distance));
    }
    if to < end {
        let numbers = [to, distance, end].map(|number| Value::fixnum(number as i64));
        return Err(suspend(vm, call, &[source, target, numbers[0], numbers[1], numbers[2]]));
    }
    Ok(target)
}

fn resume_copy(vm: &mut Vm<'_>, call: Call, state: Value) -> Result<Value, Trap> {
    let number = |index| state.field(index).as_fixnum() as usize;
    let (from, distance, end) = (number(3), number(4), number(5));
    copy_steps(vm, call, state.field(1), state.field(2), from, distance, end)
}

fn copy_of(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    range: std::ops::Range<usize>,
    length: usize,
) -> Result<Value, Trap> {
    let target = zeros(vm, length)?;
    let source = arguments.get(vm, 0);
    copy_steps(vm, arguments.call, source, target, 0, range.start, range.len())
}

fn slice(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    if let Some(state) = state(vm, arguments.call) {
        return resume_copy(vm, arguments.call, state);
    }
    let vector = arguments.vector(vm, 0)?;
    let range = arguments.range_from(vm, 1, vector.words())?;
    let length = range.len();
    copy_of(vm, arguments, range, length)
}

fn vector_head(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-head", call);
    if let Some(state) = state(vm, call) {
        return resume_copy(vm, call, state);
    }
    let vector = arguments.vector(vm, 0)?;
    let end = arguments.index(vm, 1, vector.words() + 1)?;
    copy_of(vm, arguments, 0..end, end)
}

fn grow(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-grow", call);
    if let Some(state) = state(vm, call) {
        return resume_copy(vm, call, state);
    }
    let words = arguments.vector(vm, 0)?.words();
    let length = arguments.size(arguments.natural(vm, 1)?)?;
    if length < words {
        return Err(
            arguments.range("the new length must not be less than the old one, got", &[arguments.get(vm, 1)])
        );
    }
    copy_of(vm, arguments, 0..words, length)
}

/// `(vector-copy! to at from start end)`, right for overlapping ranges. Without overlap, or towards the front, it goes
/// from the first element to the last; else from the last to the first. State: next and final offset.
fn copy_into(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-copy!", call);
    let (target, done) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize),
        None => (arguments.mutable(arguments.vector(vm, 0)?)?, 0),
    };
    let source = arguments.vector(vm, 2)?;
    let at = arguments.index(vm, 1, target.words() + 1)?;
    let range = arguments.range_from(vm, 3, source.words())?;
    if range.len() > target.words() - at {
        return Err(arguments.range("the elements do not fit from this index on:", &[arguments.get(vm, 1)]));
    }
    let end = range.len().min(done + BLOCK);
    vm.charge_steps((end - done) / 4);
    let backward = source == target && at > range.start;
    for offset in done..end {
        let offset = if backward { range.len() - 1 - offset } else { offset };
        vm.write_field(target, at + offset, source.field(range.start + offset));
    }
    if end < range.len() {
        return Err(suspend(vm, call, &[target, Value::fixnum(end as i64)]));
    }
    Ok(Value::UNSPECIFIED)
}

/// State: the result, and how many words of it are there.
fn append(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("vector-append", call);
    if call.count == 0 {
        return zeros(vm, 0);
    }
    let (result, first, done) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2), state.field(3).as_fixnum() as usize),
        None => {
            let mut length = 0;
            for index in 0..call.count {
                length += arguments.vector(vm, index)?.words();
            }
            let length = arguments.size(length)?;
            (zeros(vm, length)?, vm.argument(call, 0), 0)
        }
    };
    let stop = done + BLOCK;
    let mut position = 0;
    for index in 0..call.count {
        let part = if index == 0 { first } else { vm.argument(call, index) };
        let words = part.words();
        let from = done.clamp(position, position + words);
        let to = stop.clamp(position, position + words);
        for at in from..to {
            vm.write_field(result, at, part.field(at - position));
        }
        position += words;
    }
    if stop < position {
        return Err(suspend(vm, call, &[result, first, Value::fixnum(stop as i64)]));
    }
    Ok(result)
}
