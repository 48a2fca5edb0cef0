//! Primitives that stop and go on: none runs longer than a fraction of a millisecond.
//!
//! 1. A primitive that has used its [`STEPS`] puts its state into argument 0 and asks to be executed again.
//! 2. A state is a pack of values whose first is [`Value::UNBOUND`], which programs cannot make; so it cannot be mistaken
//!    for an argument.

use arena::{ObjectTag, Value};

use crate::error::Trap;
use crate::machine::{Call, Vm};

/// Elements that a primitive handles in one go.
pub(super) const STEPS: usize = 8_192;
/// Reductions that these cost.
const REDUCTIONS: u32 = 256;
/// Pairs that one reservation makes room for; more words would be a large object's.
pub(super) const PAIRS: usize = 1_024;
/// Words of a pair.
pub(super) const PAIR_WORDS: usize = 3;

/// The state that argument 0 holds, if the primitive was stopped before.
#[inline]
pub(super) fn state(vm: &Vm<'_>, call: Call) -> Option<Value> {
    let first = vm.argument(call, 0);
    (first.is_object(ObjectTag::Values) && first.words() > 0 && first.field(0) == Value::UNBOUND)
        .then_some(first)
}

/// Stops with `values` as the state, which [`state`] shows as fields from 1 on.
pub(super) fn suspend(vm: &mut Vm<'_>, call: Call, values: &[Value]) -> Trap {
    let rooted = vm.root(Value::UNBOUND);
    for value in values {
        vm.root(*value);
    }
    if let Err(trap) = vm.reserve(values.len() + 2) {
        vm.unroot(rooted);
        return trap;
    }
    let state = vm.alloc(ObjectTag::Values, values.len() + 1);
    for index in 0..=values.len() {
        let value = vm.rooted(rooted + index);
        state.init_field(index, value);
    }
    vm.unroot(rooted);
    vm.set_argument(call, 0, state);
    again(vm, call)
}

/// Stops, to be executed again with the arguments as they are now.
///
/// An `apply` spreads a list over the arguments and will do so again: it finds them as a list in place of the first.
pub(super) fn again(vm: &mut Vm<'_>, call: Call) -> Trap {
    if vm.state.arguments_end != 0 {
        let rooted = vm.root(Value::NIL);
        for index in (0..call.count).rev() {
            if let Err(trap) = vm.reserve(PAIR_WORDS) {
                return trap;
            }
            let list = vm.cons(vm.argument(call, index), vm.rooted(rooted));
            vm.set_rooted(rooted, list);
        }
        let list = vm.rooted(rooted);
        vm.unroot(rooted);
        vm.set_argument(call, 0, list);
    }
    Trap::Again { reductions: REDUCTIONS }
}

/// A list under construction, from first to last, kept as two roots.
#[derive(Clone, Copy)]
pub(super) struct ListBuilder {
    head: usize,
}

impl ListBuilder {
    /// Goes on with a list whose first and last pair are these, or `()`.
    pub(super) fn resume(vm: &mut Vm<'_>, head: Value, last: Value) -> ListBuilder {
        let head = vm.root(head);
        vm.root(last);
        ListBuilder { head }
    }

    /// Appends in reserved room ([`PAIR_WORDS`]).
    #[inline]
    pub(super) fn push(self, vm: &mut Vm<'_>, value: Value) {
        let pair = vm.cons(value, Value::NIL);
        self.append(vm, pair);
        vm.set_rooted(self.head + 1, pair);
    }

    /// Puts `tail` after the last pair.
    pub(super) fn append(self, vm: &mut Vm<'_>, tail: Value) {
        let last = self.last(vm);
        if last == Value::NIL { vm.set_rooted(self.head, tail) } else { vm.write_field(last, 1, tail) }
    }

    pub(super) fn head(self, vm: &Vm<'_>) -> Value {
        vm.rooted(self.head)
    }

    pub(super) fn last(self, vm: &Vm<'_>) -> Value {
        vm.rooted(self.head + 1)
    }

    /// The list; lets go of the roots, and of all that were made later.
    pub(super) fn finish(self, vm: &mut Vm<'_>) -> Value {
        let head = self.head(vm);
        vm.unroot(self.head);
        head
    }
}
