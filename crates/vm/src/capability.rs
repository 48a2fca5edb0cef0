//! Capabilities: what allows an actor to touch the world outside of its run.
//!
//! 1. A capability's payload is its identity (two words), its kind's number, the bytes of its scope, then those bytes. Objects
//!    are made by a world for its main actor, by `capability-narrow`, and when a person allows what is requested: a program cannot forge one.
//! 2. What an actor holds is the list in the innermost `#(capabilities list)` of its dynamic state, else the list that it
//!    began with. Of a list that a program made only the first [`HELD_MAX`] elements count, and of these the capabilities.
//! 3. An actor begins with what its `spawn` gives it; if that says nothing, with those of its creator's that everybody
//!    begins with ([`CapabilityKind::is_everyday`]).

use std::path::Path;

use arena::{ObjectTag, Value};

use crate::debug::EventKind;
use crate::error::{ErrorKind, Trap};
use crate::host::Host;
use crate::machine::Vm;

/// Capabilities that one actor holds at a time.
pub(crate) const HELD_MAX: usize = 1_000;

/// What a capability allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CapabilityKind {
    /// To read files and to ask whether they are there.
    FileRead,
    /// To create, change and delete files.
    FileWrite,
    /// To read environment variables.
    Environment,
    /// To read the command line.
    CommandLine,
    /// To read the clock.
    Clock,
    /// To ask the host's person for what one does not hold.
    Ask,
}

impl CapabilityKind {
    /// All kinds, by number.
    pub const ALL: [CapabilityKind; 6] = [
        CapabilityKind::FileRead,
        CapabilityKind::FileWrite,
        CapabilityKind::Environment,
        CapabilityKind::CommandLine,
        CapabilityKind::Clock,
        CapabilityKind::Ask,
    ];

    /// The symbol that programs see.
    pub const fn symbol(self) -> &'static str {
        match self {
            CapabilityKind::FileRead => "file-read",
            CapabilityKind::FileWrite => "file-write",
            CapabilityKind::Environment => "environment",
            CapabilityKind::CommandLine => "command-line",
            CapabilityKind::Clock => "clock",
            CapabilityKind::Ask => "ask",
        }
    }

    /// The kind of this symbol.
    pub fn named(symbol: &str) -> Option<CapabilityKind> {
        CapabilityKind::ALL.into_iter().find(|kind| kind.symbol() == symbol)
    }

    /// Everybody begins with it.
    pub const fn is_everyday(self) -> bool {
        matches!(self, CapabilityKind::CommandLine | CapabilityKind::Clock)
    }

    /// It is about files.
    pub const fn is_file(self) -> bool {
        matches!(self, CapabilityKind::FileRead | CapabilityKind::FileWrite)
    }

    /// How the command line grants it for `target`, if it can.
    fn option(self, target: &str) -> Option<String> {
        let name = match self {
            CapabilityKind::FileRead => "read",
            CapabilityKind::FileWrite => "write",
            CapabilityKind::Environment => "env",
            CapabilityKind::CommandLine | CapabilityKind::Clock | CapabilityKind::Ask => return None,
        };
        Some(if target.is_empty() { format!("--allow {name}") } else { format!("--allow {name}={target}") })
    }
}

const IDENTITY_WORDS: usize = 2;
const KIND: usize = 2;
const SCOPE_BYTES: usize = 3;
const SCOPE: usize = 4;

/// Payload words of a capability.
pub(crate) const fn capability_words(scope: &str) -> usize {
    SCOPE + scope.len().div_ceil(8)
}

/// The payload of a new capability.
#[optimize(size)]
pub(crate) fn capability_payload(identity: u128, kind: CapabilityKind, scope: &str) -> Vec<u64> {
    let mut words = vec![0; capability_words(scope)];
    words[..IDENTITY_WORDS].copy_from_slice(&[identity as u64, (identity >> 64) as u64]);
    words[KIND] = kind as u64;
    words[SCOPE_BYTES] = scope.len() as u64;
    for (word, bytes) in words[SCOPE..].iter_mut().zip(scope.as_bytes().chunks(8)) {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_ne_bytes(eight);
    }
    words
}

/// The kind of a capability.
pub(crate) fn kind_of(capability: Value) -> CapabilityKind {
    CapabilityKind::ALL[capability.raw(KIND) as usize]
}

/// The scope of a capability; empty: everything.
pub(crate) fn scope_of<'a>(capability: Value) -> &'a str {
    let bytes: &'a [u8] = capability.raw_bytes(SCOPE, capability.raw(SCOPE_BYTES) as usize);
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// What tells it from all others.
pub(crate) fn identity_of(capability: Value) -> u128 {
    u128::from(capability.raw(1)) << 64 | u128::from(capability.raw(0))
}

/// Entries of the dynamic state that are looked at. A program that makes bytecode of its own can make it a ring.
const ENTRIES_MAX: usize = 1 << 20;

/// A walk along a dynamic state.
pub(crate) struct Entries {
    state: Value,
    tag: &'static str,
    words: usize,
    /// Entries looked at so far.
    pub(crate) steps: usize,
}

impl Entries {
    /// There was more than is looked at.
    fn is_cut_off(&self) -> bool {
        self.steps == ENTRIES_MAX && self.state.is_pair()
    }
}

/// The parts of a dynamic state that begin with a vector of so many words whose first is the symbol `tag`, innermost first. A
/// literal is none: the machine writes into some, and makes all itself.
pub(crate) fn entries(state: Value, tag: &'static str, words: usize) -> Entries {
    Entries { state, tag, words, steps: 0 }
}

impl Iterator for Entries {
    type Item = Value;

    #[optimize(size)]
    fn next(&mut self) -> Option<Value> {
        while self.state.is_pair() && self.steps < ENTRIES_MAX {
            let part = self.state;
            let entry = part.car();
            self.state = part.cdr();
            self.steps += 1;
            if entry.is_object(ObjectTag::Vector)
                && entry.words() == self.words
                && !entry.header().is_shared()
                && entry.field(0).is_object(ObjectTag::Symbol)
                && entry.field(0).symbol_text() == self.tag
            {
                return Some(part);
            }
        }
        None
    }
}

/// As `write` shows it.
pub(crate) fn capability_text(capability: Value) -> String {
    match scope_of(capability) {
        "" => format!("#<capability {}>", kind_of(capability).symbol()),
        scope => format!("#<capability {} {scope:?}>", kind_of(capability).symbol()),
    }
}

/// Does a capability of `kind` for `scope` allow `target`? Both as they stand in a program; empty: everything.
pub(crate) fn covers(host: &dyn Host, kind: CapabilityKind, scope: &str, target: &str) -> bool {
    match (scope, target) {
        ("", _) => true,
        (_, "") => false,
        _ if kind.is_file() => Path::new(&host.resolve(target)).starts_with(host.resolve(scope)),
        _ => scope == target,
    }
}

/// What an actor may do about something.
pub(crate) struct Authority {
    /// The scope of the capability that it holds for it.
    pub(crate) held: Option<String>,
    /// It may ask for one that it does not hold.
    pub(crate) may_ask: bool,
}

impl Vm<'_> {
    /// The list of what the actor holds.
    #[optimize(size)]
    pub(crate) fn capabilities(&self) -> Value {
        let mut listed = entries(self.state.dynamic, "capabilities", 2);
        match listed.next() {
            Some(found) => found.car().field(1),
            None if listed.is_cut_off() => Value::NIL,
            None => self.state.capabilities,
        }
    }

    /// The actor has revoked this capability.
    pub(crate) fn is_revoked(&self, capability: Value) -> bool {
        let revoked = self.state.confinement.as_ref().map_or(&[][..], |confinement| &confinement.revoked);
        !revoked.is_empty() && revoked.contains(&identity_of(capability))
    }

    /// The capabilities among what it holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = Value> {
        let mut list = self.capabilities();
        let elements = std::iter::from_fn(move || {
            let element = list.is_pair().then(|| list.car())?;
            list = list.cdr();
            Some(element)
        });
        elements
            .take(HELD_MAX)
            .filter(|value| value.is_object(ObjectTag::Capability) && !self.is_revoked(*value))
    }

    /// What the actor may do about `target`, a path or a name as the program says it.
    pub(crate) fn authority(&self, kind: CapabilityKind, target: &str) -> Authority {
        let mut held = self.held().filter(|capability| kind_of(*capability) == kind).map(scope_of);
        let held = held.find(|scope| covers(self.host, kind, scope, target)).map(str::to_string);
        let may_ask = held.is_none() && self.held().any(|value| kind_of(value) == CapabilityKind::Ask);
        Authority { held, may_ask }
    }

    /// The actor may do something that needs no answer from the host, such as reading the clock.
    ///
    /// # Errors
    /// The condition that it may not.
    pub(crate) fn need(&mut self, operation: &'static str, kind: CapabilityKind) -> Result<(), Trap> {
        self.event(EventKind::Capability)?;
        let granted = self.held().any(|capability| kind_of(capability) == kind);
        self.host.decided(operation, kind, granted);
        if granted { Ok(()) } else { Err(self.denied(operation, kind, "", None)) }
    }

    /// The condition that `operation` was denied. `why` is the host's own reason.
    #[cold]
    #[optimize(size)]
    pub(crate) fn denied(
        &mut self,
        operation: &str,
        kind: CapabilityKind,
        target: &str,
        why: Option<&str>,
    ) -> Trap {
        let advice = match (why, kind.option(target)) {
            (Some(why), _) => why.to_string(),
            (None, Some(option)) => format!(
                "no capability for it is held here; start with {option}, or allow it in the page's dialog"
            ),
            (None, None) => "no capability for it is held here".to_string(),
        };
        let symbol = match self.make_symbol(kind.symbol()) {
            Ok(symbol) => self.root(symbol),
            Err(trap) => return trap,
        };
        let text = format!("{operation}: denied ({advice}):");
        if target.is_empty() {
            return Trap::error(ErrorKind::Denied, text, &[self.rooted(symbol)]);
        }
        match self.make_string(target) {
            Ok(target) => Trap::error(ErrorKind::Denied, text, &[self.rooted(symbol), target]),
            Err(trap) => trap,
        }
    }
}
