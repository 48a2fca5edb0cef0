//! What a new actor starts with.

use std::sync::Arc;

use arena::{Message, Value, WordSet};
use smallvec::SmallVec;

use crate::capability::{CapabilityKind, kind_of};
use crate::code::Code;
use crate::error::Trap;
use crate::host::Band;
use crate::machine::Vm;

/// Values of the global variables that an actor starts with: immediates and shared objects only, by slot. Shared between
/// all actors whose starting globals are the same.
#[derive(Clone, Debug, Default)]
pub struct GlobalTable(pub Arc<[Value]>);

// SAFETY: the values are immediates and references to shared objects, which are immutable.
unsafe impl Send for GlobalTable {}
// SAFETY: as above.
unsafe impl Sync for GlobalTable {}

/// A request to make an actor.
#[derive(Clone, Debug)]
pub struct SpawnRequest {
    /// The thunk, or a vector of the thunk and private globals (see `private_slots`).
    pub start: Message,
    /// Slots of the globals that came along in `start`, in order; empty when `start` is the thunk alone.
    pub private_slots: Arc<[u32]>,
    /// The other globals.
    pub globals: GlobalTable,
    /// What it holds: a list of capabilities. `None`: what everybody begins with.
    pub capabilities: Option<Message>,
    /// Name for people.
    pub name: Option<String>,
    /// Band.
    pub band: Band,
    /// Link to the parent.
    pub link: bool,
    /// Let the parent monitor it.
    pub monitor: bool,
    /// Where it was spawned: unit, procedure, code offset.
    pub site: (u32, u32, u32),
}

/// Words that one spawned actor may start with.
const START_WORDS_MAX: usize = 1 << 24;

/// Gathers what an actor that runs `thunk` needs: the thunk, and the globals that its code can reach.
///
/// # Errors
/// [`Trap`] when something that it needs cannot be sent.
pub(crate) fn build_request(vm: &mut Vm<'_>, thunk: Value) -> Result<SpawnRequest, Trap> {
    let mut request = gather(vm, thunk)?;
    let code = vm.state.running_code();
    request.site = (code.unit, code.procedure, code.offset_at(vm.state.pc, false).0);
    request.capabilities = inherited(vm);
    Ok(request)
}

/// What an actor begins with whose creator says nothing: of what everybody begins with, what the creator holds.
fn inherited(vm: &Vm<'_>) -> Option<Message> {
    let holds = |kind: CapabilityKind| vm.held().any(|capability| kind_of(capability) == kind);
    let kept = vm.library.everyday.iter().filter(|(kind, _)| holds(*kind));
    match kept.collect::<SmallVec<[_; 2]>>().as_slice() {
        [] => Some(Message::of_shared(Value::NIL)),
        [(_, list)] => Some(Message::of_shared(*list)),
        _ => None,
    }
}

fn gather(vm: &mut Vm<'_>, thunk: Value) -> Result<SpawnRequest, Trap> {
    let code = Code::of(thunk);
    let version = vm.state.globals_version;
    let plain = thunk.fields()[1..].iter().all(|value| is_plain(*value));
    if let Some((known, at, table)) = &vm.state.spawn_cache
        && *known == &raw const *code
        && *at == version
        && plain
    {
        return Ok(request(Message::copy_out(thunk, START_WORDS_MAX)?, Arc::default(), table.clone()));
    }
    let reached = reach(vm, thunk);
    let last = reached.iter().map(|(slot, _)| *slot + 1).max().unwrap_or(0);
    let mut shared = vec![Value::UNBOUND; last as usize];
    let mut private: Vec<(u32, Value)> = Vec::new();
    for (slot, value) in reached {
        if value.is_reference() && !value.header().is_of_program() {
            private.push((slot, value));
        } else {
            shared[slot as usize] = value;
        }
    }
    let table = GlobalTable(Arc::from(shared));
    if private.is_empty() {
        if plain {
            vm.state.spawn_cache = Some((&raw const *code, version, table.clone()));
        }
        return Ok(request(Message::copy_out(thunk, START_WORDS_MAX)?, Arc::default(), table));
    }
    // One message, so that sharing between the globals and the thunk is kept.
    let rooted = vm.root(thunk);
    for (_, value) in &private {
        vm.root(*value);
    }
    vm.reserve(private.len() + 2)?;
    let all = vm.alloc(arena::ObjectTag::Vector, private.len() + 1);
    for index in 0..=private.len() {
        let value = vm.rooted(rooted + index);
        all.init_field(index, value);
    }
    vm.unroot(rooted);
    let slots: Vec<u32> = private.iter().map(|(slot, _)| *slot).collect();
    Ok(request(Message::copy_out(all, START_WORDS_MAX)?, Arc::from(slots), table))
}

fn request(start: Message, private_slots: Arc<[u32]>, globals: GlobalTable) -> SpawnRequest {
    SpawnRequest {
        start,
        private_slots,
        globals,
        capabilities: None,
        name: None,
        band: Band::default(),
        link: false,
        monitor: false,
        site: (0, 0, 0),
    }
}

/// Neither a procedure nor anything that could hold one.
fn is_plain(value: Value) -> bool {
    !value.is_reference() || value.header().tag().is_raw()
}

/// Globals that the code of `thunk`, and of every procedure that it holds or that such a global holds, can reach.
fn reach(vm: &Vm<'_>, thunk: Value) -> Vec<(u32, Value)> {
    let mut found: Vec<(u32, Value)> = Vec::new();
    let mut seen_slots: WordSet<u32> = WordSet::default();
    let mut seen_codes: WordSet<*const Code> = WordSet::default();
    let mut seen_objects: WordSet<u64> = WordSet::default();
    let mut open = vec![thunk];
    let mut codes: Vec<*const Code> = Vec::new();
    while let Some(value) = open.pop() {
        if is_plain(value) || !seen_objects.insert(value.bits()) {
            continue;
        }
        let is_closure = value.is_object(arena::ObjectTag::Closure);
        if is_closure {
            codes.push(&raw const *Code::of(value));
        }
        if !value.header().is_shared() {
            open.extend(value.fields().iter().filter(|field| !is_plain(**field)));
        }
        while let Some(address) = codes.pop() {
            if !seen_codes.insert(address) {
                continue;
            }
            // The address came from a closure or from the children of such code.
            let code = Code::at(address);
            codes.extend(&code.children);
            if code.evaluates {
                // What cannot be sent stays behind: what is evaluated may well do without it.
                let can_go =
                    |value: Value| is_plain(value) || Message::copy_out(value, START_WORDS_MAX).is_ok();
                let all = vm.state.globals.values().iter().enumerate();
                for (slot, value) in all.filter(|(_, value)| **value != Value::UNBOUND) {
                    if !seen_slots.contains(&(slot as u32)) && can_go(*value) {
                        seen_slots.insert(slot as u32);
                        found.push((slot as u32, *value));
                        open.push(*value);
                    }
                }
            }
            for (slot, _) in &code.globals {
                let value = vm.global(*slot);
                if value != Value::UNBOUND && seen_slots.insert(*slot) {
                    found.push((*slot, value));
                    open.push(value);
                }
            }
        }
    }
    found.sort_by_key(|(slot, _)| *slot);
    found
}

/// As [`build_request`], with all of `globals`, by slot.
pub(crate) fn fork_request(globals: &[Value], thunk: Value) -> Result<SpawnRequest, arena::MessageError> {
    let mut shared = vec![Value::UNBOUND; globals.len()];
    let mut private = Vec::new();
    for (slot, value) in globals.iter().enumerate() {
        if value.is_reference() && !value.header().is_of_program() {
            private.push(slot as u32);
        } else {
            shared[slot] = *value;
        }
    }
    let table = GlobalTable(Arc::from(shared));
    if private.is_empty() {
        return Ok(request(Message::copy_out(thunk, START_WORDS_MAX)?, Arc::default(), table));
    }
    let values: Vec<Value> =
        std::iter::once(thunk).chain(private.iter().map(|slot| globals[*slot as usize])).collect();
    let start = Message::copy_out_all(&values, START_WORDS_MAX)?;
    Ok(request(start, Arc::from(private), table))
}

impl SpawnRequest {
    /// An actor that runs a closure of a program, with the globals that a linker starts with.
    pub fn of_entry(thunk: Value, globals: Vec<Value>) -> SpawnRequest {
        request(Message::of_shared(thunk), Arc::default(), GlobalTable(Arc::from(globals)))
    }
}
