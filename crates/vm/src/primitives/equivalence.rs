//! `eq?`, `eqv?`, `equal?`, booleans.
//!
//! 1. `equal?` keeps what it has still to compare as a list of vectors, each of groups of left, right, index; so stopping
//!    costs no more than the steps before it.

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::progress::{STEPS, state, suspend};
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

fn equal(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let mut comparer = Comparer::new(STEPS);
    let mut waiting = Value::NIL;
    match state(vm, call) {
        None => comparer.push(vm.argument(call, 0), vm.argument(call, 1)),
        Some(state) => waiting = load(&mut comparer, state.field(1)),
    }
    loop {
        match comparer.run() {
            Some(false) => return Ok(Value::FALSE),
            Some(true) if waiting == Value::NIL => return Ok(Value::TRUE),
            Some(true) => waiting = load(&mut comparer, waiting),
            None => return Err(stop(vm, call, &comparer.pending, waiting)),
        }
    }
}

/// Takes the first group of the list; answers the others.
fn load(comparer: &mut Comparer, waiting: Value) -> Value {
    let (groups, _) = waiting.car().fields().as_chunks::<3>();
    for [left, right, index] in groups {
        let index = index.as_fixnum() as usize;
        comparer.pending.push(Pending { left: *left, right: *right, index });
    }
    waiting.cdr()
}

fn stop(vm: &mut Vm<'_>, call: Call, pending: &[Pending], waiting: Value) -> Trap {
    let rooted = vm.root(waiting);
    for next in pending {
        vm.root(next.left);
        vm.root(next.right);
    }
    if let Err(trap) = vm.reserve(pending.len() * 3 + 1) {
        return trap;
    }
    let groups = vm.alloc(ObjectTag::Vector, pending.len() * 3);
    for (position, next) in pending.iter().enumerate() {
        groups.init_field(position * 3, vm.rooted(rooted + 1 + position * 2));
        groups.init_field(position * 3 + 1, vm.rooted(rooted + 2 + position * 2));
        groups.init_field(position * 3 + 2, Value::fixnum(next.index as i64));
    }
    vm.unroot(rooted + 1);
    vm.root(groups);
    if let Err(trap) = vm.reserve(3) {
        return trap;
    }
    let waiting = vm.cons(vm.rooted(rooted + 1), vm.rooted(rooted));
    vm.unroot(rooted);
    suspend(vm, call, &[waiting])
}
