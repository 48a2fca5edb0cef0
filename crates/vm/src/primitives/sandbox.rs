//! What the instructions of capabilities and sandboxes call.
//!
//! 1. Programs in Scheme do not see these names; bytecode may call them with anything.

use arena::{ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::capabilities::{SCOPE_BYTES_MAX, capability, list_of, make};
use super::exactly;
use super::progress::{PAIR_WORDS, wait};
use crate::capability::{CapabilityKind, HELD_MAX, covers, entries, identity_of, kind_of, scope_of};
use crate::confinement::{HANDLED, SANDBOX_WORDS};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::outside::{Question, Wanted};
use crate::runtime::{actor_name, send};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("%has-capability", 2, has),
    exactly("%request-capability", 3, request),
    exactly("%grant-capability", 2, grant),
    exactly("%revoke-capability", 1, revoke),
    exactly("%enter-sandbox", 2, enter),
    exactly("%isolate-capabilities", 1, isolate),
    exactly("%set-error-handler", 1, set_handler),
    exactly("%log-violation", 1, |vm, call| {
        let text = text(vm, arguments("LogViolation", call), 0)?;
        vm.host.violated(&text);
        Ok(Value::UNSPECIFIED)
    }),
    exactly("%leave-sandbox", 0, leave),
];

/// Longest justification or note, characters.
const TEXT_MAX: usize = 1_000;

/// Argument `index`, a string, cut off when it is long.
#[optimize(size)]
fn text(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<String, Trap> {
    let string = arguments.string(vm, index)?;
    if string.string_length() > TEXT_MAX {
        return Err(arguments.range(&format!("a text has at most {TEXT_MAX} characters, got"), &[string]));
    }
    Ok(string.string_text())
}

/// Argument `index`, a scope; empty: everything.
#[optimize(size)]
fn scope(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<String, Trap> {
    if arguments.get(vm, index) == Value::FALSE {
        return Ok(String::new());
    }
    let value = arguments.object(vm, index, ObjectTag::String, "a scope (a string, or #f)")?;
    let text = if value.string_length() <= SCOPE_BYTES_MAX { value.string_text() } else { String::new() };
    if text.is_empty() || text.len() > SCOPE_BYTES_MAX {
        return Err(arguments.range(&format!("a scope has 1 to {SCOPE_BYTES_MAX} bytes, got"), &[value]));
    }
    Ok(text)
}

#[optimize(size)]
fn kind(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<CapabilityKind, Trap> {
    let named = CapabilityKind::named(arguments.symbol(vm, index)?.symbol_text());
    named.ok_or_else(|| arguments.wrong(vm, index, "a kind of capability"))
}

/// `(%has-capability scope kind)`
#[optimize(size)]
fn has(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("HasCapability", call);
    let (scope, kind) = (scope(vm, arguments, 0)?, kind(vm, arguments, 1)?);
    let covering = |held: Value| {
        kind_of(held) == kind && (scope.is_empty() || covers(vm.host, kind, scope_of(held), &scope))
    };
    Ok(Value::boolean(vm.held().any(covering)))
}

/// `(%request-capability scope justification kind)`
#[optimize(size)]
fn request(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    const NAME: &str = "request-capability";
    let arguments = arguments("RequestCapability", call);
    let (scope, reason) = (scope(vm, arguments, 0)?, text(vm, arguments, 1)?);
    let kind = kind(vm, arguments, 2)?;
    let found =
        vm.held().find(|held| kind_of(*held) == kind && covers(vm.host, kind, scope_of(*held), &scope));
    if let Some(held) = found {
        vm.host.decided(NAME, kind, true);
        return Ok(held);
    }
    let may_ask = vm.authority(kind, &scope).may_ask;
    let question = Question {
        operation: NAME,
        wanted: Wanted::Permission,
        target: &scope,
        kind,
        held: None,
        may_ask,
        reason: &reason,
    };
    match vm.host.ask(&question) {
        None => Err(wait(vm, call)),
        Some(Ok(_)) => make(vm, kind, &scope),
        Some(Err(_)) => Ok(Value::FALSE),
    }
}

/// `(%grant-capability actor capability)`
#[optimize(size)]
fn grant(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("GrantCapability", call);
    let actor = arguments.actor(vm, 0)?;
    let given = arguments.object(vm, 1, ObjectTag::Capability, "a capability")?;
    if vm.is_revoked(given) {
        return Err(arguments.range("this capability was revoked here:", &[given]));
    }
    if actor_name(actor) != vm.host.me() {
        let tag = vm.make_symbol("capability-granted")?;
        vm.reserve(2 * PAIR_WORDS)?;
        let rest = vm.cons(vm.argument(call, 1), Value::NIL);
        let message = vm.cons(tag, rest);
        let cost = send(vm, vm.argument(call, 0), message)?;
        vm.charge(cost);
        return Ok(Value::UNSPECIFIED);
    }
    let mut list = vm.state.capabilities;
    for _ in 0..HELD_MAX {
        if !list.is_pair() {
            vm.reserve(PAIR_WORDS)?;
            vm.state.capabilities = vm.cons(vm.argument(call, 1), vm.state.capabilities);
            return Ok(Value::UNSPECIFIED);
        }
        if list.car().is_object(ObjectTag::Capability) && identity_of(list.car()) == identity_of(given) {
            return Ok(Value::UNSPECIFIED);
        }
        list = list.cdr();
    }
    Err(arguments
        .range(&format!("an actor holds at most {HELD_MAX} capabilities; there is no room for"), &[given]))
}

/// `(%revoke-capability capability)`
#[optimize(size)]
fn revoke(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("RevokeCapability", call);
    let given = capability(vm, arguments)?;
    if vm.is_revoked(given) {
        return Ok(Value::UNSPECIFIED);
    }
    let revoked = &mut vm.confinement().revoked;
    if revoked.len() == HELD_MAX {
        return Err(
            arguments.range(&format!("at most {HELD_MAX} capabilities can be revoked, not also"), &[given])
        );
    }
    revoked.push(identity_of(given));
    Ok(Value::UNSPECIFIED)
}

/// Argument `index`: a limit, or `#f` for none.
#[optimize(size)]
fn limit(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Option<u64>, Trap> {
    let value = arguments.get(vm, index);
    let limit = value.to_fixnum().and_then(|limit| u64::try_from(limit).ok());
    if limit.is_some() || value == Value::FALSE {
        return Ok(limit);
    }
    Err(arguments.wrong(vm, index, "a limit (an exact integer from 0 on, or #f)"))
}

/// `(%enter-sandbox reductions words)`
#[optimize(size)]
fn enter(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("EnterSandbox", call);
    let (reductions, words) = (limit(vm, arguments, 0)?, limit(vm, arguments, 1)?);
    vm.enter_sandbox(reductions, words)?;
    Ok(Value::UNSPECIFIED)
}

/// The part of the dynamic state that begins with the innermost sandbox.
#[optimize(size)]
fn innermost(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    vm.sandbox().ok_or_else(|| arguments.range("there is no sandbox here; EnterSandbox makes one", &[]))
}

/// `(%isolate-capabilities list)`
#[optimize(size)]
fn isolate(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("IsolateCapabilities", call);
    innermost(vm, arguments)?;
    super::capabilities::check_list(vm, arguments, 0)?;
    let list = list_of(vm, |vm| {
        let mut list = vm.argument(call, 0);
        let elements = std::iter::from_fn(|| {
            let element = list.is_pair().then(|| list.car())?;
            list = list.cdr();
            Some(element)
        });
        let is_held = |given: &Value| {
            let kind = kind_of(*given);
            vm.held()
                .any(|held| kind_of(held) == kind && covers(vm.host, kind, scope_of(held), scope_of(*given)))
        };
        elements.filter(is_held).collect()
    })?;
    vm.set_argument(call, 0, list);
    push_entry(vm, call, "capabilities")?;
    Ok(Value::UNSPECIFIED)
}

/// Puts `#(tag argument)` on top of the dynamic state, and answers it.
#[optimize(size)]
fn push_entry(vm: &mut Vm<'_>, call: Call, tag: &str) -> Result<Value, Trap> {
    let tag = vm.make_symbol(tag)?;
    let tag = vm.root(tag);
    vm.reserve(PAIR_WORDS * 3)?;
    let entry = vm.alloc(ObjectTag::Vector, 2);
    entry.init_field(0, vm.rooted(tag));
    entry.init_field(1, vm.argument(call, 0));
    vm.unroot(tag);
    vm.state.dynamic = vm.cons(entry, vm.state.dynamic);
    Ok(entry)
}

/// `(%set-error-handler procedure)`
#[optimize(size)]
fn set_handler(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("SetErrorHandler", call);
    innermost(vm, arguments)?;
    let handler = arguments.get(vm, 0);
    if !handler.is_object(ObjectTag::Closure) && !handler.is_object(ObjectTag::Primitive) {
        return Err(arguments.wrong(vm, 0, "a procedure"));
    }
    let entry = push_entry(vm, call, "handler")?;
    // In the room that was reserved with the entry's.
    let sandbox = innermost(vm, arguments)?;
    let handled = vm.cons(entry, sandbox.cdr());
    vm.write_field(sandbox.car(), HANDLED, handled);
    Ok(Value::UNSPECIFIED)
}

/// `(%leave-sandbox)`
#[optimize(size)]
fn leave(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("LeaveSandbox", call);
    let sandbox = innermost(vm, arguments)?;
    let wound = entries(vm.state.dynamic, "wind", 3).next();
    if wound.is_some_and(|wound| entries(wound, "sandbox", SANDBOX_WORDS).next() == Some(sandbox)) {
        return Err(arguments.range("a dynamic-wind that was entered in the sandbox is still under way", &[]));
    }
    vm.state.dynamic = sandbox.cdr();
    vm.confine_anew();
    Ok(Value::UNSPECIFIED)
}
