//! Lists. Everything that walks one stops after a while and goes on.

use arena::Value;

use super::arguments::{Arguments, arguments};
use super::progress::{ListBuilder, PAIR_WORDS, PAIRS, STEPS, prepend, state, suspend};
use super::{at_least, between, exactly};
use crate::equality::{equal_within, eqv};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::{Arithmetic, combine};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("list?", 1, is_list),
    exactly("length", 1, length),
    at_least("list", 0, |vm, call| collect(vm, call, Value::NIL, call.count)),
    at_least("cons*", 1, |vm, call| collect(vm, call, vm.argument(call, call.count - 1), call.count - 1)),
    between("make-list", 1, 2, make_list),
    between("iota", 1, 3, iota),
    at_least("append", 0, |vm, call| append(vm, call, "append")),
    at_least("%splice", 0, |vm, call| append(vm, call, "`,@` in a quasiquotation")),
    at_least("append!", 0, append_in_place),
    exactly("reverse", 1, reverse),
    exactly("reverse!", 1, reverse_in_place),
    exactly("list-tail", 2, |vm, call| drop(vm, call, "list-tail")),
    exactly("list-ref", 2, list_ref),
    exactly("list-set!", 3, list_set),
    exactly("list-head", 2, list_head),
    exactly("list-copy", 1, list_copy),
    exactly("last-pair", 1, last_pair),
    exactly("memq", 2, |vm, call| member(vm, call, "memq", same)),
    exactly("memv", 2, |vm, call| member(vm, call, "memv", same)),
    exactly("%member", 2, |vm, call| member(vm, call, "member", equal_key)),
    exactly("assq", 2, |vm, call| associate(vm, call, "assq", same)),
    exactly("assv", 2, |vm, call| associate(vm, call, "assv", same)),
    exactly("%assoc", 2, |vm, call| associate(vm, call, "assoc", equal_key)),
];

/// Steps for comparing one element with another.
const ELEMENT_STEPS_MAX: usize = 1 << 20;
/// Longest list that `make-list` and `iota` make.
const LENGTH_MAX: usize = 1 << 26;

/// Counts the pairs of a list, and finds out whether it is a circle (Brent, "An improved Monte Carlo factorization
/// algorithm", 1980).
pub(super) struct Counter {
    pub(super) rest: Value,
    pub(super) count: usize,
    anchor: Value,
    next_anchor: usize,
}

/// How far a [`Counter`] has come.
pub(super) enum Counted {
    /// To the end.
    Proper,
    /// To something else than `()`.
    Improper,
    Circular,
    /// There is more.
    Unfinished,
}

impl Counter {
    pub(super) fn new(list: Value) -> Counter {
        Counter { rest: list, count: 0, anchor: Value::UNBOUND, next_anchor: 2 }
    }

    /// Goes on with what [`Counter::state`] has kept in fields from `at` on.
    pub(super) fn resume(state: Value, at: usize) -> Counter {
        let number = |index| state.field(index).as_fixnum() as usize;
        Counter {
            rest: state.field(at),
            count: number(at + 1),
            anchor: state.field(at + 2),
            next_anchor: number(at + 3),
        }
    }

    pub(super) fn state(&self) -> [Value; 4] {
        let next_anchor = Value::fixnum(self.next_anchor as i64);
        [self.rest, Value::fixnum(self.count as i64), self.anchor, next_anchor]
    }

    pub(super) fn run(&mut self, vm: &mut Vm<'_>) -> Counted {
        let before = self.count;
        let counted = self.count_some();
        vm.charge_steps(self.count - before);
        counted
    }

    fn count_some(&mut self) -> Counted {
        for _ in 0..STEPS {
            if !self.rest.is_pair() {
                return if self.rest == Value::NIL { Counted::Proper } else { Counted::Improper };
            }
            self.rest = self.rest.cdr();
            self.count += 1;
            if self.rest == self.anchor {
                return Counted::Circular;
            }
            if self.count == self.next_anchor {
                self.anchor = self.rest;
                self.next_anchor *= 2;
            }
        }
        Counted::Unfinished
    }
}

fn counter(vm: &Vm<'_>, call: Call) -> (Value, Counter) {
    match state(vm, call) {
        Some(state) => (state.field(1), Counter::resume(state, 2)),
        None => (vm.argument(call, 0), Counter::new(vm.argument(call, 0))),
    }
}

fn stop_counting(vm: &mut Vm<'_>, call: Call, list: Value, counter: &Counter) -> Trap {
    let [rest, count, anchor, next_anchor] = counter.state();
    suspend(vm, call, &[list, rest, count, anchor, next_anchor])
}

fn is_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (list, mut counter) = counter(vm, call);
    match counter.run(vm) {
        Counted::Proper => Ok(Value::TRUE),
        Counted::Improper | Counted::Circular => Ok(Value::FALSE),
        Counted::Unfinished => Err(stop_counting(vm, call, list, &counter)),
    }
}

fn length(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (list, mut counter) = counter(vm, call);
    match counter.run(vm) {
        Counted::Proper => Ok(Value::fixnum(counter.count as i64)),
        Counted::Improper => Err(arguments("length", call).wrong_value(0, "a list", list)),
        Counted::Circular => Err(arguments("length", call).wrong_value(0, "a list with an end", list)),
        Counted::Unfinished => Err(stop_counting(vm, call, list, &counter)),
    }
}

/// The first `count` arguments in front of `tail`.
pub(super) fn collect(vm: &mut Vm<'_>, call: Call, tail: Value, count: usize) -> Result<Value, Trap> {
    let rooted = vm.root(tail);
    prepend(vm, rooted, count, |vm, index| vm.argument(call, index))?;
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    Ok(list)
}

fn list_size(vm: &Vm<'_>, arguments: Arguments) -> Result<usize, Trap> {
    let length = arguments.natural(vm, 0)?;
    if length > LENGTH_MAX {
        let message = format!("the length must be at most {LENGTH_MAX}, got");
        return Err(arguments.range(&message, &[arguments.get(vm, 0)]));
    }
    Ok(length)
}

fn make_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (mut left, list) = match state(vm, call) {
        Some(state) => (state.field(1).as_fixnum() as usize, state.field(2)),
        None => (list_size(vm, arguments("make-list", call))?, Value::NIL),
    };
    let rooted = vm.root(list);
    let count = STEPS.min(left);
    vm.charge_steps(count);
    prepend(vm, rooted, count, |vm, _| vm.optional(call, 1).unwrap_or(Value::UNSPECIFIED))?;
    left -= count;
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    if left > 0 { Err(suspend(vm, call, &[Value::fixnum(left as i64), list])) } else { Ok(list) }
}

/// Makes the list from its end on.
fn iota(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (mut left, list) = match state(vm, call) {
        Some(state) => (state.field(1).as_fixnum() as usize, state.field(2)),
        None => {
            let arguments = arguments("iota", call);
            for index in 1..call.count {
                arguments.number(vm, index)?;
            }
            (list_size(vm, arguments)?, Value::NIL)
        }
    };
    let rooted = vm.root(list);
    vm.charge_steps(STEPS.min(left * 8));
    for _ in 0..(STEPS / 8).min(left) {
        left -= 1;
        let step = vm.optional(call, 2).unwrap_or(Value::fixnum(1));
        let distance = combine(vm, Arithmetic::Multiply, "iota", Value::fixnum(left as i64), step, 3);
        let element = distance.and_then(|distance| {
            let start = vm.optional(call, 1).unwrap_or(Value::ZERO);
            combine(vm, Arithmetic::Add, "iota", start, distance, 2)
        });
        let element = match element {
            Err(Trap::Again { .. }) => {
                left += 1;
                break;
            }
            element => element?,
        };
        let kept = vm.root(element);
        vm.reserve(PAIR_WORDS)?;
        let list = vm.cons(vm.rooted(kept), vm.rooted(rooted));
        vm.unroot(kept);
        vm.set_rooted(rooted, list);
    }
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    if left > 0 { Err(suspend(vm, call, &[Value::fixnum(left as i64), list])) } else { Ok(list) }
}

/// How many pairs come one after the other, counted up to `limit`.
fn pairs_ahead(mut rest: Value, limit: usize) -> usize {
    let mut count = 0;
    while count < limit && rest.is_pair() {
        rest = rest.cdr();
        count += 1;
    }
    count
}

/// Copies pairs from the value kept at `source` to the builder, at most `limit`. Answers how many.
fn copy_pairs(vm: &mut Vm<'_>, builder: ListBuilder, source: usize, limit: usize) -> Result<usize, Trap> {
    let mut copied = 0;
    while copied < limit && vm.rooted(source).is_pair() {
        let count = pairs_ahead(vm.rooted(source), PAIRS.min(limit - copied));
        vm.reserve(PAIR_WORDS * count)?;
        let mut rest = vm.rooted(source);
        for _ in 0..count {
            builder.push(vm, rest.car());
            rest = rest.cdr();
        }
        copied += count;
        vm.set_rooted(source, rest);
    }
    vm.charge_steps(copied);
    Ok(copied)
}

/// State: argument under way, its rest, the first argument, first and last pair of the result.
fn append(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    if call.count == 0 {
        return Ok(Value::NIL);
    }
    let arguments = arguments(name, call);
    let (mut index, rest, first, head, last) = match state(vm, call) {
        Some(state) => {
            let index = state.field(1).as_fixnum() as usize;
            (index, state.field(2), state.field(3), state.field(4), state.field(5))
        }
        None => (0, vm.argument(call, 0), vm.argument(call, 0), Value::NIL, Value::NIL),
    };
    let source = vm.root(rest);
    vm.root(first);
    let builder = ListBuilder::resume(vm, head, last);
    let mut budget = STEPS;
    while index + 1 < call.count {
        budget -= copy_pairs(vm, builder, source, budget)?;
        let rest = vm.rooted(source);
        if rest.is_pair() {
            let values = [
                Value::fixnum(index as i64),
                rest,
                vm.rooted(source + 1),
                builder.head(vm),
                builder.last(vm),
            ];
            return Err(suspend(vm, call, &values));
        }
        if rest != Value::NIL {
            let wrong = if index == 0 { vm.rooted(source + 1) } else { vm.argument(call, index) };
            return Err(arguments.wrong_value(index, "a list", wrong));
        }
        index += 1;
        vm.set_rooted(source, vm.argument(call, index));
    }
    let tail = vm.rooted(source);
    builder.append(vm, tail);
    let list = builder.head(vm);
    vm.unroot(source);
    Ok(list)
}

/// State: next argument, the result so far, the pair from which to look for its last one.
fn append_in_place(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    if call.count == 0 {
        return Ok(Value::NIL);
    }
    let arguments = arguments("append!", call);
    let (mut index, mut head, mut last) = match state(vm, call) {
        Some(state) => (state.field(1).as_fixnum() as usize, state.field(2), state.field(3)),
        None => (1, vm.argument(call, 0), vm.argument(call, 0)),
    };
    let mut steps = 0;
    while index < call.count {
        while last.is_pair() && last.cdr().is_pair() {
            last = last.cdr();
            steps += 1;
            if steps >= STEPS {
                return Err(suspend(vm, call, &[Value::fixnum(index as i64), head, last]));
            }
        }
        let next = vm.argument(call, index);
        if last == Value::NIL {
            head = next;
        } else if last.is_pair() {
            vm.write_field(arguments.mutable(last)?, 1, next);
        } else {
            return Err(arguments.wrong_value(index - 1, "a list", last));
        }
        if next != Value::NIL {
            last = next;
        }
        index += 1;
    }
    Ok(head)
}

fn reverse(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (list, rest, result) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2), state.field(3)),
        None => (vm.argument(call, 0), vm.argument(call, 0), Value::NIL),
    };
    let rooted = vm.root(rest);
    vm.root(result);
    vm.root(list);
    let mut steps = 0;
    while steps < STEPS && vm.rooted(rooted).is_pair() {
        let count = pairs_ahead(vm.rooted(rooted), PAIRS.min(STEPS - steps));
        vm.reserve(PAIR_WORDS * count)?;
        let (mut rest, mut result) = (vm.rooted(rooted), vm.rooted(rooted + 1));
        for _ in 0..count {
            result = vm.cons(rest.car(), result);
            rest = rest.cdr();
        }
        vm.set_rooted(rooted, rest);
        vm.set_rooted(rooted + 1, result);
        steps += count;
    }
    if steps < STEPS {
        vm.charge_steps(steps);
    }
    let (rest, result, list) = (vm.rooted(rooted), vm.rooted(rooted + 1), vm.rooted(rooted + 2));
    vm.unroot(rooted);
    if rest.is_pair() {
        return Err(suspend(vm, call, &[list, rest, result]));
    }
    if rest != Value::NIL {
        return Err(arguments("reverse", call).wrong_value(0, "a list", list));
    }
    Ok(result)
}

fn reverse_in_place(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("reverse!", call);
    let (mut rest, mut result) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2)),
        None => (vm.argument(call, 0), Value::NIL),
    };
    for step in 0..STEPS {
        if !rest.is_pair() {
            vm.charge_steps(step);
            break;
        }
        let next = rest.cdr();
        vm.write_field(arguments.mutable(rest)?, 1, result);
        result = rest;
        rest = next;
    }
    if rest.is_pair() {
        return Err(suspend(vm, call, &[rest, result]));
    }
    if rest != Value::NIL {
        return Err(arguments.wrong_value(0, "a list", rest));
    }
    Ok(result)
}

fn too_short(arguments: Arguments, index: i64) -> Trap {
    arguments.range("the list has fewer elements than", &[Value::fixnum(index)])
}

/// The list without as many elements as argument 1 says.
fn drop(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let wanted = arguments.natural(vm, 1)?;
    let (mut rest, mut left) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize),
        None => (vm.argument(call, 0), wanted),
    };
    let steps = STEPS.min(left);
    for _ in 0..steps {
        if !rest.is_pair() {
            return Err(too_short(arguments, wanted as i64));
        }
        rest = rest.cdr();
        left -= 1;
    }
    vm.charge_steps(steps);
    if left > 0 { Err(suspend(vm, call, &[rest, Value::fixnum(left as i64)])) } else { Ok(rest) }
}

fn list_ref(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let rest = drop(vm, call, "list-ref")?;
    if !rest.is_pair() {
        let index = arguments("list-ref", call).natural(vm, 1)?;
        return Err(too_short(arguments("list-ref", call), index as i64 + 1));
    }
    Ok(rest.car())
}

fn list_set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("list-set!", call);
    let rest = drop(vm, call, "list-set!")?;
    if !rest.is_pair() {
        let index = arguments.natural(vm, 1)?;
        return Err(too_short(arguments, index as i64 + 1));
    }
    vm.write_field(arguments.mutable(rest)?, 0, vm.argument(call, 2));
    Ok(Value::UNSPECIFIED)
}

fn list_head(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("list-head", call);
    let wanted = arguments.natural(vm, 1)?;
    let (rest, mut left, head, last) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize, state.field(3), state.field(4)),
        None => (vm.argument(call, 0), wanted, Value::NIL, Value::NIL),
    };
    let source = vm.root(rest);
    let builder = ListBuilder::resume(vm, head, last);
    left -= copy_pairs(vm, builder, source, STEPS.min(left))?;
    if left > 0 && !vm.rooted(source).is_pair() {
        return Err(too_short(arguments, wanted as i64));
    }
    if left > 0 {
        let values = [vm.rooted(source), Value::fixnum(left as i64), builder.head(vm), builder.last(vm)];
        return Err(suspend(vm, call, &values));
    }
    let list = builder.head(vm);
    vm.unroot(source);
    Ok(list)
}

fn list_copy(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (rest, head, last) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2), state.field(3)),
        None => (vm.argument(call, 0), Value::NIL, Value::NIL),
    };
    let source = vm.root(rest);
    let builder = ListBuilder::resume(vm, head, last);
    copy_pairs(vm, builder, source, STEPS)?;
    let rest = vm.rooted(source);
    if rest.is_pair() {
        let values = [rest, builder.head(vm), builder.last(vm)];
        return Err(suspend(vm, call, &values));
    }
    builder.append(vm, rest);
    let list = builder.head(vm);
    vm.unroot(source);
    Ok(list)
}

fn last_pair(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let mut rest = match state(vm, call) {
        Some(state) => state.field(1),
        None => arguments("last-pair", call).pair(vm, 0)?,
    };
    for step in 0..STEPS {
        if !rest.cdr().is_pair() {
            vm.charge_steps(step);
            return Ok(rest);
        }
        rest = rest.cdr();
    }
    Err(suspend(vm, call, &[rest]))
}

type Same = fn(Value, Value) -> Option<bool>;

fn same(left: Value, right: Value) -> Option<bool> {
    Some(eqv(left, right))
}

fn equal_key(left: Value, right: Value) -> Option<bool> {
    equal_within(left, right, ELEMENT_STEPS_MAX)
}

#[cold]
fn too_deep(name: &str) -> Trap {
    Trap::error(
        ErrorKind::Range,
        format!("{name}: an element has too many parts to compare ({ELEMENT_STEPS_MAX} is the most)"),
        &[],
    )
}

/// State: key, list, rest.
fn search(vm: &Vm<'_>, call: Call) -> (Value, Value, Value) {
    match state(vm, call) {
        Some(state) => (state.field(1), state.field(2), state.field(3)),
        None => (vm.argument(call, 0), vm.argument(call, 1), vm.argument(call, 1)),
    }
}

fn member(vm: &mut Vm<'_>, call: Call, name: &'static str, same: Same) -> Result<Value, Trap> {
    let (key, list, mut rest) = search(vm, call);
    for step in 0..STEPS {
        if !rest.is_pair() {
            vm.charge_steps(step);
            return if rest == Value::NIL {
                Ok(Value::FALSE)
            } else {
                Err(arguments(name, call).wrong_value(1, "a list", list))
            };
        }
        if same(key, rest.car()).ok_or_else(|| too_deep(name))? {
            vm.charge_steps(step);
            return Ok(rest);
        }
        rest = rest.cdr();
    }
    Err(suspend(vm, call, &[key, list, rest]))
}

fn associate(vm: &mut Vm<'_>, call: Call, name: &'static str, same: Same) -> Result<Value, Trap> {
    let (key, list, mut rest) = search(vm, call);
    for step in 0..STEPS {
        if !rest.is_pair() {
            vm.charge_steps(step);
            return if rest == Value::NIL {
                Ok(Value::FALSE)
            } else {
                Err(arguments(name, call).wrong_value(1, "a list", list))
            };
        }
        let association = rest.car();
        if !association.is_pair() {
            return Err(arguments(name, call).wrong_value(1, "a list of pairs", association));
        }
        if same(key, association.car()).ok_or_else(|| too_deep(name))? {
            vm.charge_steps(step);
            return Ok(association);
        }
        rest = rest.cdr();
    }
    Err(suspend(vm, call, &[key, list, rest]))
}
