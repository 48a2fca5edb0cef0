//! What names the machine provides, and with how many arguments: primitives, and the procedures of the library.
//!
//! 1. A name appears once. A library procedure and a primitive never share a name.
//! 2. Names that begin with `%` are for the library and for the expander's own use; programs do not see them.

use crate::generate::inline::{self, Inline};
use crate::library::Library;
use crate::primitives::PRIMITIVES;
use crate::sandbox::Sandbox;
use std::collections::HashMap;
use std::sync::Arc;

/// How many arguments a procedure takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// Fewest.
    pub min: u16,
    /// Most; `None` for any number.
    pub max: Option<u16>,
}

impl Arity {
    /// Whether a call with `count` arguments is right.
    pub fn accepts(self, count: usize) -> bool {
        count >= usize::from(self.min) && self.max.is_none_or(|max| count <= usize::from(max))
    }

    /// As in "expects 2 arguments".
    pub fn text(self) -> String {
        let plural = |count: u16| if count == 1 { "argument" } else { "arguments" };
        match self.max {
            Some(max) if max == self.min => format!("{max} {}", plural(max)),
            Some(max) => format!("{} to {max} arguments", self.min),
            None => format!("at least {} {}", self.min, plural(self.min)),
        }
    }
}

/// Who runs a builtin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinKind {
    /// The machine: `Primitive` calls it.
    Primitive,
    /// The library: it is called as any procedure is.
    Library,
}

/// A procedure of the machine.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: String,
    /// How many arguments it takes.
    pub arity: Arity,
    /// Who runs it.
    pub kind: BuiltinKind,
    pub(crate) inline: Option<Inline>,
}

/// Index into [`Builtins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BuiltinId(pub u32);

/// Everything that the machine provides by name.
#[derive(Clone, Debug, Default)]
pub struct Builtins {
    all: Vec<Builtin>,
    by_name: HashMap<String, BuiltinId>,
    sandbox: Option<Arc<dyn Sandbox>>,
}

impl Builtins {
    /// Nothing at all.
    pub fn new() -> Builtins {
        Builtins::default()
    }

    /// The table [`PRIMITIVES`].
    pub fn primitives() -> Builtins {
        let mut builtins = Builtins::new();
        for &(name, min, max) in PRIMITIVES {
            let arity = Arity { min: min.into(), max: max.map(u16::from) };
            builtins.add(name, arity, BuiltinKind::Primitive);
        }
        builtins
    }

    /// Adds a name, or replaces what it stood for.
    pub fn add(&mut self, name: &str, arity: Arity, kind: BuiltinKind) {
        let inline = if kind == BuiltinKind::Primitive { inline::of(name) } else { inline::of_library(name) };
        let builtin = Builtin { name: name.into(), arity, kind, inline };
        match self.by_name.get(name) {
            Some(id) => self.all[id.0 as usize] = builtin,
            None => {
                self.by_name.insert(name.into(), BuiltinId(self.all.len() as u32));
                self.all.push(builtin);
            }
        }
    }

    /// Adds all that `library` exports.
    pub fn add_library(&mut self, library: &Library) {
        for (name, _, arity) in &library.exports {
            self.add(name, *arity, BuiltinKind::Library);
        }
    }

    /// Says where transformers run.
    pub fn set_sandbox(&mut self, sandbox: Arc<dyn Sandbox>) {
        self.sandbox = Some(sandbox);
    }

    pub(crate) fn sandbox(&self) -> Option<&Arc<dyn Sandbox>> {
        self.sandbox.as_ref()
    }

    /// Everything, in the order in which it was added.
    pub fn iter(&self) -> impl Iterator<Item = &Builtin> {
        self.all.iter()
    }

    /// The builtin called `name`.
    pub fn get(&self, name: &str) -> Option<&Builtin> {
        self.id(name).map(|id| self.by_id(id))
    }

    pub(crate) fn id(&self, name: &str) -> Option<BuiltinId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn by_id(&self, id: BuiltinId) -> &Builtin {
        &self.all[id.0 as usize]
    }
}
