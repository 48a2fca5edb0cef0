//! Actors: everything about others goes through the host.
//!
//! 1. References to actors and monitors hold identities; see [`crate::runtime::actor_words`].

use arena::{Message, ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::capabilities::sent_list;
use super::progress::{PAIR_WORDS, wait};
use super::{at_least, between, exactly};
use crate::code::{Code, REST};
use crate::debug::EventKind;
use crate::error::{ErrorKind, Trap};
use crate::host::{ActorName, Band, SpawnError};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::make_unsigned;
use crate::runtime::{actor_name, actor_words, send};
use crate::spawn::build_request;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("self", 0, |vm, _| {
        let me = vm.host.me();
        reference(vm, me)
    }),
    exactly("actor?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::ActorReference)))
    }),
    at_least("spawn", 1, |vm, call| spawn(vm, arguments("spawn", call), false, false)),
    at_least("spawn-link", 1, |vm, call| spawn(vm, arguments("spawn-link", call), true, false)),
    at_least("spawn-monitor", 1, |vm, call| spawn(vm, arguments("spawn-monitor", call), false, true)),
    exactly("send", 2, send_to),
    exactly("!", 2, send_to),
    exactly("link", 1, |vm, call| {
        let actor = arguments("link", call).actor(vm, 0)?;
        vm.host.link(actor_name(actor));
        Ok(Value::UNSPECIFIED)
    }),
    exactly("unlink", 1, |vm, call| {
        let actor = arguments("unlink", call).actor(vm, 0)?;
        vm.host.unlink(actor_name(actor));
        Ok(Value::UNSPECIFIED)
    }),
    exactly("monitor", 1, |vm, call| {
        let actor = arguments("monitor", call).actor(vm, 0)?;
        let monitor = vm.host.monitor(actor_name(actor));
        identity_reference(vm, monitor)
    }),
    exactly("demonitor", 1, |vm, call| {
        let monitor = arguments("demonitor", call).object(vm, 0, ObjectTag::MonitorReference, "a monitor")?;
        vm.host.demonitor(u128::from(monitor.raw(1)) << 64 | u128::from(monitor.raw(0)));
        Ok(Value::UNSPECIFIED)
    }),
    between("%exit", 0, 2, exit),
    exactly("trap-exit!", 1, |vm, call| {
        let trap = vm.argument(call, 0).is_true();
        vm.host.trap_exits(trap);
        Ok(Value::UNSPECIFIED)
    }),
    exactly("set-priority!", 1, |vm, call| {
        let band = band(vm, arguments("set-priority!", call), 0)?;
        vm.host.set_band(band);
        Ok(Value::UNSPECIFIED)
    }),
    between("process-info", 0, 2, process_info),
    exactly("make-reference", 0, |vm, _| {
        let identity = vm.host.fresh_identity();
        identity_reference(vm, identity)
    }),
    exactly("reference?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::MonitorReference)))
    }),
    exactly("alive?", 1, |vm, call| {
        let actor = arguments("alive?", call).actor(vm, 0)?;
        Ok(Value::boolean(vm.host.is_alive(actor_name(actor))))
    }),
    exactly("register", 2, register),
    exactly("unregister", 1, |vm, call| {
        let name = name(vm, arguments("unregister", call), 0)?;
        Ok(Value::boolean(vm.host.unregister(&name)))
    }),
    exactly("whereis", 1, |vm, call| {
        let name = name(vm, arguments("whereis", call), 0)?;
        match vm.host.whereis(&name) {
            _ if vm.host.is_behind() => Err(wait(vm, call)),
            Some(actor) => reference(vm, actor),
            None => Ok(Value::FALSE),
        }
    }),
];

/// Longest name of an actor, in characters.
const NAME_MAX: usize = 256;
/// Words of an exit reason.
const REASON_WORDS_MAX: usize = 1 << 16;

fn reference(vm: &mut Vm<'_>, actor: ActorName) -> Result<Value, Trap> {
    vm.reserve(4)?;
    let reference = vm.alloc(ObjectTag::ActorReference, 3);
    reference.raw_words(0).copy_from_slice(&actor_words(actor));
    Ok(reference)
}

fn identity_reference(vm: &mut Vm<'_>, identity: u128) -> Result<Value, Trap> {
    vm.reserve(3)?;
    let reference = vm.alloc(ObjectTag::MonitorReference, 2);
    reference.raw_words(0).copy_from_slice(&[identity as u64, (identity >> 64) as u64]);
    Ok(reference)
}

/// A name of an actor: a symbol or a string.
fn name(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<String, Trap> {
    let value = arguments.get(vm, index);
    let text = match value.object_tag() {
        Some(ObjectTag::Symbol) => value.symbol_text().to_string(),
        Some(ObjectTag::String) if value.string_length() <= NAME_MAX => value.string_text(),
        Some(ObjectTag::String) => String::new(),
        _ => return Err(arguments.wrong(vm, index, "a name (a symbol or a string)")),
    };
    if text.is_empty() || text.chars().count() > NAME_MAX {
        return Err(arguments.range(&format!("a name has 1 to {NAME_MAX} characters, got"), &[value]));
    }
    Ok(text)
}

fn band(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Band, Trap> {
    let value = arguments.get(vm, index);
    let text = if value.is_object(ObjectTag::Symbol) { value.symbol_text() } else { "" };
    Ok(match text {
        "system" => Band::System,
        "high" => Band::High,
        "normal" => Band::Normal,
        "low" => Band::Low,
        "background" => Band::Background,
        _ => {
            let expected = "a priority ('system, 'high, 'normal, 'low or 'background)";
            return Err(arguments.wrong(vm, index, expected));
        }
    })
}

/// What `(spawn thunk option value ...)` asks for beyond the thunk.
struct Options {
    name: Option<String>,
    band: Band,
    link: bool,
    monitor: bool,
    capabilities: Option<Message>,
}

fn options(vm: &Vm<'_>, arguments: Arguments, link: bool, monitor: bool) -> Result<Options, Trap> {
    let mut options = Options { name: None, band: Band::default(), link, monitor, capabilities: None };
    let mut index = 1;
    while index < arguments.call.count {
        let option = arguments.symbol(vm, index)?;
        if index + 1 == arguments.call.count {
            return Err(arguments.range("there is no value after the option", &[option]));
        }
        match option.symbol_text() {
            "name" => options.name = Some(name(vm, arguments, index + 1)?),
            "priority" => options.band = band(vm, arguments, index + 1)?,
            "link" => options.link = arguments.get(vm, index + 1).is_true(),
            "capabilities" => {
                options.capabilities = Some(sent_list(vm, arguments, index + 1)?);
            }
            "monitor" => options.monitor = arguments.get(vm, index + 1).is_true(),
            _ => {
                let expected = "an option ('name, 'priority, 'link, 'monitor or 'capabilities)";
                return Err(arguments.wrong(vm, index, expected));
            }
        }
        index += 2;
    }
    Ok(options)
}

/// Answers the actor; with a monitor, a pair of both.
fn spawn(vm: &mut Vm<'_>, arguments: Arguments, link: bool, monitor: bool) -> Result<Value, Trap> {
    let thunk = arguments.object(vm, 0, ObjectTag::Closure, "a procedure without arguments")?;
    if Code::of(thunk).arity & !REST != 0 {
        return Err(arguments.wrong(vm, 0, "a procedure without arguments"));
    }
    vm.event(EventKind::Spawn)?;
    let options = options(vm, arguments, link, monitor)?;
    let mut request = build_request(vm, thunk)?;
    let code = vm.state.running_code();
    request.site = (code.unit, code.procedure, code.offset_at(vm.state.pc, false).0);
    request.name = options.name;
    request.band = options.band;
    request.link = options.link;
    request.monitor = options.monitor;
    if options.capabilities.is_some() {
        request.capabilities = options.capabilities;
    }
    let (actor, monitor) = vm.host.spawn(request).map_err(|error| spawn_error(arguments, &error))?;
    let actor = reference(vm, actor)?;
    let Some(monitor) = monitor.filter(|_| options.monitor) else { return Ok(actor) };
    let rooted = vm.root(actor);
    let monitor = identity_reference(vm, monitor)?;
    vm.root(monitor);
    vm.reserve(PAIR_WORDS)?;
    let pair = vm.cons(vm.rooted(rooted), vm.rooted(rooted + 1));
    vm.unroot(rooted);
    Ok(pair)
}

fn spawn_error(arguments: Arguments, error: &SpawnError) -> Trap {
    let kind = match error {
        SpawnError::TooManyActors { .. } => ErrorKind::ActorLimit,
        SpawnError::NoRoom(_) => ErrorKind::HeapLimit,
    };
    Trap::error(kind, format!("{}: {error}", arguments.name), &[])
}

fn send_to(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (to, message) = (vm.argument(call, 0), vm.argument(call, 1));
    let reductions = send(vm, to, message)?;
    vm.charge(reductions);
    Ok(Value::UNSPECIFIED)
}

fn exit(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    match call.count {
        0 => {
            let reason = vm.make_symbol("normal")?;
            vm.gather_arguments();
            Err(Trap::Exit { reason, failed: false })
        }
        1 => {
            let reason = vm.argument(call, 0);
            vm.gather_arguments();
            Err(Trap::Exit { reason, failed: false })
        }
        _ => {
            let actor = arguments("exit", call).actor(vm, 0)?;
            let reason = vm.argument(call, 1);
            let kill = reason.is_object(ObjectTag::Symbol) && reason.symbol_text() == "kill";
            let message = Message::copy_out(reason, REASON_WORDS_MAX)
                .map_err(|error| Trap::error(ErrorKind::Actor, format!("exit: {error}"), &[]))?;
            vm.host.exit_signal(actor_name(actor), message, kill);
            Ok(Value::UNSPECIFIED)
        }
    }
}

fn register(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("register", call);
    let name = name(vm, arguments, 0)?;
    let actor = arguments.actor(vm, 1)?;
    if !vm.host.register(&name, actor_name(actor)) {
        let message = "register: the name is taken, or the actor has ended:";
        return Err(Trap::error(ErrorKind::Actor, message, &[vm.argument(call, 0)]));
    }
    Ok(Value::UNSPECIFIED)
}

/// `(process-info)`: an association list about the running actor; `(process-info actor)` says whether another is alive;
/// with a key, only that one's value.
#[optimize(size)]
fn process_info(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("process-info", call);
    let me = vm.host.me();
    let about = match arguments.optional(vm, 0) {
        None => me,
        Some(_) => actor_name(arguments.actor(vm, 0)?),
    };
    let key = match arguments.optional(vm, 1) {
        None => None,
        Some(_) => Some(arguments.symbol(vm, 1)?.symbol_text().to_string()),
    };
    let alive = vm.host.is_alive(about);
    let mut entries: Vec<(&str, Option<u64>)> = Vec::new();
    if about == me {
        let (heap, reductions) = vm.heap_statistics();
        entries.push(("reductions", Some(reductions)));
        entries.push(("heap-words", Some(heap.used_words() as u64)));
        entries.push(("collections", Some(heap.totals().minor + heap.totals().major)));
        entries.push(("mailbox-length", Some(vm.mailbox_length() as u64)));
    }
    entries.push(("alive", None));
    if let Some(key) = key {
        let found = entries.iter().find(|(name, _)| *name == key);
        return match found {
            Some((_, Some(number))) => make_unsigned(vm, *number),
            Some((_, None)) => Ok(Value::boolean(alive)),
            None => Ok(Value::FALSE),
        };
    }
    association_list(vm, &entries, alive)
}

fn association_list(vm: &mut Vm<'_>, entries: &[(&str, Option<u64>)], alive: bool) -> Result<Value, Trap> {
    let rooted = vm.root(Value::NIL);
    for (name, number) in entries.iter().rev() {
        let symbol = vm.make_symbol(name)?;
        let kept = vm.root(symbol);
        let value = match number {
            Some(number) => make_unsigned(vm, *number)?,
            None => Value::boolean(alive),
        };
        vm.root(value);
        vm.reserve(2 * PAIR_WORDS)?;
        let pair = vm.cons(vm.rooted(kept), vm.rooted(kept + 1));
        let list = vm.cons(pair, vm.rooted(rooted));
        vm.unroot(kept);
        vm.set_rooted(rooted, list);
    }
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    Ok(list)
}
