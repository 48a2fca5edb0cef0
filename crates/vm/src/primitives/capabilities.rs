//! Capabilities as values: what is held, what they are for, and smaller ones made of them.
//!
//! 1. Nothing here makes a capability for more than one that is given as an argument, but `make`, which its callers answer for.

use arena::{Message, ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::progress::PAIR_WORDS;
use super::{between, exactly};
use crate::capability::{
    CapabilityKind, HELD_MAX, capability_payload, capability_words, covers, kind_of, scope_of,
};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("capability?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Capability)))
    }),
    exactly("capability-kind", 1, |vm, call| {
        let capability = capability(vm, arguments("capability-kind", call))?;
        vm.make_symbol(kind_of(capability).symbol())
    }),
    exactly("capability-scope", 1, |vm, call| {
        let capability = capability(vm, arguments("capability-scope", call))?;
        match scope_of(capability).to_string().as_str() {
            "" => Ok(Value::FALSE),
            scope => vm.make_string(scope),
        }
    }),
    exactly("capability-narrow", 2, narrow),
    exactly("current-capabilities", 0, current),
    between("has-capability?", 1, 2, has),
    exactly("%capability-list", 1, copy_list),
    exactly("capability-denied?", 1, |vm, call| {
        Ok(Value::boolean(ErrorKind::Denied.is_of(vm.argument(call, 0))))
    }),
    exactly("denied-kind", 1, |vm, call| {
        let about = denial(vm, arguments("denied-kind", call))?;
        Ok(if about.is_pair() { about.car() } else { Value::FALSE })
    }),
    exactly("denied-scope", 1, |vm, call| {
        let about = denial(vm, arguments("denied-scope", call))?;
        let rest = if about.is_pair() { about.cdr() } else { Value::NIL };
        Ok(if rest.is_pair() { rest.car() } else { Value::FALSE })
    }),
];

/// Longest scope, bytes.
pub(super) const SCOPE_BYTES_MAX: usize = 4_096;

pub(super) fn capability(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    arguments.object(vm, 0, ObjectTag::Capability, "a capability")
}

/// What a denial is about: the kind, and the path or name if there is one.
fn denial(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    let condition = arguments.get(vm, 0);
    if ErrorKind::Denied.is_of(condition) {
        Ok(condition.field(2))
    } else {
        Err(arguments.wrong(vm, 0, "a condition that says what was denied"))
    }
}

/// `(capability-narrow capability scope)`: for less, with an identity of its own.
#[optimize(size)]
fn narrow(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("capability-narrow", call);
    let given = capability(vm, arguments)?;
    if vm.is_revoked(given) {
        return Err(arguments.range("this capability was revoked here:", &[given]));
    }
    let scope = arguments.string(vm, 1)?.string_text();
    if scope.is_empty() || scope.len() > SCOPE_BYTES_MAX {
        return Err(arguments
            .range(&format!("a scope has 1 to {SCOPE_BYTES_MAX} bytes, got"), &[arguments.get(vm, 1)]));
    }
    let kind = kind_of(given);
    if matches!(kind, CapabilityKind::Clock | CapabilityKind::CommandLine | CapabilityKind::Ask) {
        return Err(arguments.range("there is no part of such a capability:", &[given]));
    }
    if !covers(vm.host, kind, scope_of(given), &scope) {
        let about = [arguments.get(vm, 1), given];
        return Err(arguments.range("the capability does not reach that far:", &about));
    }
    make(vm, kind, &scope)
}

/// A new capability. Who calls this answers for whoever allows it.
#[optimize(size)]
pub(super) fn make(vm: &mut Vm<'_>, kind: CapabilityKind, scope: &str) -> Result<Value, Trap> {
    let identity = vm.host.fresh_identity();
    let words = capability_words(scope);
    vm.reserve_object(words)?;
    let made = vm.alloc(ObjectTag::Capability, words);
    made.raw_words(0).copy_from_slice(&capability_payload(identity, kind, scope));
    Ok(made)
}

/// `(has-capability? kind)` and `(has-capability? kind scope)`: would it be granted?
#[optimize(size)]
fn has(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("has-capability?", call);
    let symbol = arguments.symbol(vm, 0)?.symbol_text();
    let Some(kind) = CapabilityKind::named(symbol) else {
        let names: Vec<&str> = CapabilityKind::ALL.iter().map(|kind| kind.symbol()).collect();
        return Err(arguments.wrong(vm, 0, &format!("a kind of capability ({})", names.join(", "))));
    };
    let target = match arguments.optional(vm, 1) {
        Some(_) => arguments.string(vm, 1)?.string_text(),
        None => String::new(),
    };
    let mut held = vm.held().filter(|capability| kind_of(*capability) == kind);
    let any = call.count == 1;
    Ok(Value::boolean(held.any(|capability| any || covers(vm.host, kind, scope_of(capability), &target))))
}

/// `(current-capabilities)`: what it lists, without what was revoked.
#[optimize(size)]
fn current(vm: &mut Vm<'_>, _: Call) -> Result<Value, Trap> {
    let list = vm.capabilities();
    if vm.state.confinement.is_none() {
        return Ok(list);
    }
    list_of(vm, |vm| vm.held().collect())
}

/// A list of at most [`HELD_MAX`] values that are reachable otherwise. Reserves.
#[optimize(size)]
pub(super) fn list_of(vm: &mut Vm<'_>, values: impl FnOnce(&Vm<'_>) -> Vec<Value>) -> Result<Value, Trap> {
    vm.reserve(PAIR_WORDS * HELD_MAX)?;
    Ok(values(vm).into_iter().rev().fold(Value::NIL, |rest, element| vm.cons(element, rest)))
}

/// Argument `index` must be a list of capabilities.
#[optimize(size)]
pub(super) fn check_list(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<usize, Trap> {
    let mut list = arguments.get(vm, index);
    let mut count = 0;
    while list.is_pair() && list.car().is_object(ObjectTag::Capability) && count < HELD_MAX {
        if vm.is_revoked(list.car()) {
            return Err(arguments.range("this capability was revoked here:", &[list.car()]));
        }
        list = list.cdr();
        count += 1;
    }
    if list == Value::NIL {
        Ok(count)
    } else {
        Err(arguments.wrong(vm, index, "a list of at most 1000 capabilities"))
    }
}

/// A copy of a list of capabilities: who holds the old one can change it.
#[optimize(size)]
fn copy_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("current-capabilities", call);
    let count = check_list(vm, arguments, 0)?;
    vm.reserve(PAIR_WORDS * count)?;
    let mut elements = Vec::with_capacity(count);
    let mut list = vm.argument(call, 0);
    while list.is_pair() {
        elements.push(list.car());
        list = list.cdr();
    }
    Ok(elements.into_iter().rev().fold(Value::NIL, |rest, element| vm.cons(element, rest)))
}

/// Words of the capabilities that an actor begins with.
const START_WORDS_MAX: usize = 1 << 20;

/// Argument `index`, a list of capabilities, on its way to another actor.
pub(super) fn sent_list(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Message, Trap> {
    check_list(vm, arguments, index)?;
    Ok(Message::copy_out(arguments.get(vm, index), START_WORDS_MAX)?)
}
