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
/// Steps that cost a reduction.
const STEPS_PER_REDUCTION: usize = 32;
/// Groups of three values that [`save_groups`] puts into one vector.
const GROUPS: usize = 1_024;
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
    if let Err(trap) = vm.reserve_object(values.len() + 1) {
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
    Trap::Again { reductions: (STEPS / STEPS_PER_REDUCTION) as u32 }
}

/// Stops until something has arrived or is answered, to be executed again with the arguments as they were. Allocates
/// nothing: how often somebody waits is no part of a run.
pub(super) fn wait(vm: &mut Vm<'_>, call: Call) -> Trap {
    if vm.state.arguments_end != 0 {
        let list = vm.state.applied;
        vm.set_argument(call, 0, list);
    }
    Trap::Wait
}

impl Vm<'_> {
    /// Charges beyond the call itself.
    #[inline]
    pub(crate) fn charge(&mut self, reductions: i64) {
        self.state.fuel -= reductions;
    }

    /// Charges for `steps` of native work, each about as long as following a list by one pair.
    #[inline]
    pub(crate) fn charge_steps(&mut self, steps: usize) {
        self.charge((steps / STEPS_PER_REDUCTION) as i64);
    }
}

/// Puts `count` values in front of the list that is kept at `list`, the one that `value` gives for 0 first of all. Reserves.
pub(super) fn prepend(
    vm: &mut Vm<'_>,
    list: usize,
    count: usize,
    value: impl Fn(&Vm<'_>, usize) -> Value,
) -> Result<(), Trap> {
    let mut done = count;
    while done > 0 {
        let batch = done.min(PAIRS);
        vm.reserve(PAIR_WORDS * batch)?;
        let mut made = vm.rooted(list);
        for index in (done - batch..done).rev() {
            made = vm.cons(value(vm, index), made);
        }
        vm.set_rooted(list, made);
        done -= batch;
    }
    Ok(())
}

/// Puts `groups` in front of a list of vectors of groups, the last one first. Reserves.
pub(super) fn save_groups(vm: &mut Vm<'_>, waiting: Value, groups: &[[Value; 3]]) -> Result<Value, Trap> {
    let list = vm.root(waiting);
    let first = vm.root(Value::NIL) + 1;
    groups.as_flattened().iter().for_each(|value| {
        vm.root(*value);
    });
    for start in (0..groups.len()).step_by(GROUPS) {
        let words = (groups.len() - start).min(GROUPS) * 3;
        vm.reserve(words + 1 + PAIR_WORDS)?;
        let vector = vm.alloc(ObjectTag::Vector, words);
        (0..words).for_each(|index| vector.init_field(index, vm.rooted(first + start * 3 + index)));
        let waiting = vm.cons(vector, vm.rooted(list));
        vm.set_rooted(list, waiting);
    }
    let waiting = vm.rooted(list);
    vm.unroot(list);
    Ok(waiting)
}

/// The groups of the first vector of a list of them, and the rest of the list.
pub(super) fn load_groups<'a>(waiting: Value) -> (&'a [[Value; 3]], Value) {
    let (groups, _) = waiting.car().fields().as_chunks::<3>();
    (groups, waiting.cdr())
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
