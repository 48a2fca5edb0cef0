//! `eq?`, `eqv?`, `equal?`, booleans.
//!
//! 1. `equal?` keeps what it has still to compare as a list of vectors, each of groups of left, right, index; so stopping
//!    costs no more than the steps before it.

use arena::Value;

use super::arguments::arguments;
use super::progress::{STEPS, load_groups, save_groups, state, suspend};
use super::{at_least, exactly};
use crate::equality::{Comparer, Pending, eqv};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("eq?", 2, same),
    exactly("eqv?", 2, same),
    exactly("equal?", 2, equal),
    exactly("not", 1, |vm, call| Ok(Value::boolean(!vm.argument(call, 0).is_true()))),
    exactly("boolean?", 1, |vm, call| Ok(Value::boolean(is_boolean(vm.argument(call, 0))))),
    at_least("boolean=?", 2, all_same_booleans),
    at_least("void", 0, |_, _| Ok(Value::UNSPECIFIED)),
    exactly("default-object?", 1, |_, _| Ok(Value::FALSE)),
];

fn is_boolean(value: Value) -> bool {
    value == Value::TRUE || value == Value::FALSE
}

fn same(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    Ok(Value::boolean(eqv(vm.argument(call, 0), vm.argument(call, 1))))
}

fn all_same_booleans(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("boolean=?", call);
    let first = vm.argument(call, 0);
    let mut same = true;
    for index in 0..call.count {
        if !is_boolean(vm.argument(call, index)) {
            return Err(arguments.wrong(vm, index, "a boolean"));
        }
        same &= vm.argument(call, index) == first;
    }
    Ok(Value::boolean(same))
}

/// State: what is waiting, times that the call has stopped, and argument 0.
fn equal(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let mut comparer = Comparer::new(STEPS);
    let mut waiting = Value::NIL;
    let (mut left, mut stops) = (vm.argument(call, 0), 0);
    match state(vm, call) {
        None => comparer.push(left, vm.argument(call, 1)),
        Some(state) => {
            waiting = load(&mut comparer, state.field(1));
            (stops, left) = (state.field(2).as_fixnum() as u32, state.field(3));
            if let Some(same) = equal_if_cyclic(left, vm.argument(call, 1), stops) {
                return Ok(Value::boolean(same));
            }
        }
    }
    loop {
        match comparer.run() {
            None => break,
            Some(true) if waiting != Value::NIL => waiting = load(&mut comparer, waiting),
            Some(same) => {
                vm.charge_steps(STEPS - comparer.budget);
                return Ok(Value::boolean(same));
            }
        }
    }
    let groups: Vec<[Value; 3]> = comparer
        .pending
        .iter()
        .map(|next| [next.left, next.right, Value::fixnum(next.index as i64)])
        .collect();
    let left = vm.root(left);
    let waiting = save_groups(vm, waiting, &groups)?;
    let values = [waiting, Value::fixnum(i64::from(stops) + 1), vm.rooted(left)];
    vm.unroot(left);
    Err(suspend(vm, call, &values))
}

/// A comparison that goes on and on may be one of cycles, which never ends: looks, after 4 stops and again after 4 times as
/// many, whether it ends when no pair of objects is looked into twice. For as many objects as most cycles have that is
/// short; the larger ones that it takes in later are as much work as the stops before it.
fn equal_if_cyclic(left: Value, right: Value, stops: u32) -> Option<bool> {
    if stops < 4 || !stops.is_power_of_two() || !stops.trailing_zeros().is_multiple_of(2) {
        return None;
    }
    let mut comparer = Comparer::of_cycles(STEPS * stops as usize / 4);
    comparer.push(left, right);
    comparer.run()
}

/// Takes the groups of the first vector; answers the other vectors.
fn load(comparer: &mut Comparer, waiting: Value) -> Value {
    let (groups, rest) = load_groups(waiting);
    for [left, right, index] in groups {
        let index = index.as_fixnum() as usize;
        comparer.pending.push(Pending { left: *left, right: *right, index });
    }
    rest
}
