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

fn equal(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let mut comparer = Comparer::new(STEPS);
    let mut waiting = Value::NIL;
    match state(vm, call) {
        None => comparer.push(vm.argument(call, 0), vm.argument(call, 1)),
        Some(state) => waiting = load(&mut comparer, state.field(1)),
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
    let waiting = save_groups(vm, waiting, &groups)?;
    Err(suspend(vm, call, &[waiting]))
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
