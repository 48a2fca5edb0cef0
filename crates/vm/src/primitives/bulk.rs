//! Whole strings and bytevectors in steps: making one, changing one.
//!
//! 1. A step handles [`BLOCK`] units, which takes a fraction of a millisecond.
//! 2. While a call is stopped, its argument 0 is in the state; it is back in place before the call looks at its arguments.

use std::ops::Range;

use arena::{Value, text_hash};

use super::progress::{state, suspend};
use crate::error::Trap;
use crate::machine::{Call, Vm};

/// Characters or bytes that are handled in one go.
pub(super) const BLOCK: usize = 1 << 16;

/// Makes an object with `make`, whose `length` units are then filled a range at a time. There must be an argument.
pub(super) fn build(
    vm: &mut Vm<'_>,
    call: Call,
    length: fn(Value) -> usize,
    make: impl FnOnce(&mut Vm<'_>) -> Result<Value, Trap>,
    fill: impl FnOnce(&Vm<'_>, Value, Range<usize>) -> Result<(), Trap>,
) -> Result<Value, Trap> {
    let (object, from) = match state(vm, call) {
        Some(state) => {
            vm.set_argument(call, 0, state.field(1));
            (state.field(2), state.field(3).as_fixnum() as usize)
        }
        None => (make(vm)?, 0),
    };
    let length = length(object);
    let to = length.min(from + BLOCK);
    fill(vm, object, from..to)?;
    if to == length {
        return Ok(object);
    }
    Err(suspend(vm, call, &[vm.argument(call, 0), object, Value::fixnum(to as i64)]))
}

/// Does something to each of as many units as `count` says, a range at a time; answers how many that were.
pub(super) fn sweep(
    vm: &mut Vm<'_>,
    call: Call,
    count: impl FnOnce(&Vm<'_>) -> Result<usize, Trap>,
    act: impl FnOnce(&mut Vm<'_>, Range<usize>) -> Result<(), Trap>,
) -> Result<usize, Trap> {
    let from = match state(vm, call) {
        Some(state) => {
            vm.set_argument(call, 0, state.field(1));
            state.field(2).as_fixnum() as usize
        }
        None => 0,
    };
    let count = count(vm)?;
    let to = count.min(from + BLOCK);
    act(vm, from..to)?;
    if to == count {
        return Ok(count);
    }
    Err(suspend(vm, call, &[vm.argument(call, 0), Value::fixnum(to as i64)]))
}

/// Where a range lies when `count` units that overlap themselves move by blocks: from the end if they move up.
pub(super) fn in_order(range: Range<usize>, count: usize, moves_up: bool) -> Range<usize> {
    if moves_up { count - range.end..count - range.start } else { range }
}

/// The parts of several sequences, one after the other, that lie in `range`: for each, its number, and the range within it.
pub(super) fn parts(
    lengths: impl Iterator<Item = usize>,
    range: Range<usize>,
) -> impl Iterator<Item = (usize, Range<usize>)> {
    let mut end = 0;
    lengths.enumerate().filter_map(move |(number, length)| {
        let start = end;
        end += length;
        let part = range.start.max(start)..range.end.min(end);
        (part.start < part.end).then(|| (number, part.start - start..part.end - start))
    })
}

/// Hash of characters or bytes; of very many, of their number and those at both ends.
pub(crate) fn units_hash<T: Copy + Into<u32>>(units: &[T]) -> u64 {
    if units.len() <= BLOCK {
        return text_hash(units.iter().map(|unit| (*unit).into()));
    }
    let (first, last) = (&units[..BLOCK / 2], &units[units.len() - BLOCK / 2..]);
    text_hash(first.iter().chain(last).map(|unit| (*unit).into()).chain([units.len() as u32]))
}
