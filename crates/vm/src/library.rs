//! Builtins, and the linking of programs: who has which name, symbol and slot.
//!
//! 1. A [`Library`] is immutable once made and shared by all worlds of an engine.
//! 2. Within one world, two symbols of shared heaps are the same object if they have the same name: the library's are
//!    found first, then the linker's. So distinct shared symbols are distinct names.

use std::collections::HashMap;
use std::sync::Arc;

use arena::{Budget, ObjectTag, SharedHeap, Value};
use bytecode::{ProcedureIndex, Program};

use crate::capability::{CapabilityKind, capability_payload};
use crate::code::{Code, Instructions, Unit};
use crate::error::ErrorKind;
use crate::instruction::{Op, ad};
use crate::loader::{self, LoadError};
use crate::machine::PrimitiveEntry;
use crate::primitives;
use crate::site;

/// Finds builtins by name, for the loader.
pub(crate) trait Builtins {
    /// The procedure.
    fn value(&self, name: &str) -> Option<Value>;
    /// The primitive and its index.
    fn primitive(&self, name: &str) -> Option<(u32, &PrimitiveEntry)>;
}

/// Hands out symbols and global slots, for the loader.
pub(crate) trait Names {
    /// The one shared symbol of this name.
    fn symbol(&mut self, name: &str) -> Value;
    /// The slot of this global variable.
    fn global_slot(&mut self, name: &str) -> u32;
}

/// Library code has number 0; units of a world count from 1.
const LIBRARY_UNIT: u32 = 0;

struct PrimitiveTable {
    by_name: HashMap<&'static str, u32>,
    values: Vec<Value>,
}

impl Builtins for PrimitiveTable {
    fn value(&self, name: &str) -> Option<Value> {
        self.by_name.get(name).map(|index| self.values[*index as usize])
    }

    fn primitive(&self, name: &str) -> Option<(u32, &PrimitiveEntry)> {
        let index = *self.by_name.get(name)?;
        Some((index, &primitives::table()[index as usize]))
    }
}

struct SymbolTable {
    symbols: HashMap<String, Value>,
    heap: SharedHeap,
}

impl SymbolTable {
    fn intern(&mut self, name: &str) -> Value {
        if let Some(symbol) = self.symbols.get(name) {
            return *symbol;
        }
        let symbol = self.heap.symbol(name);
        self.symbols.insert(name.to_string(), symbol);
        symbol
    }
}

impl SymbolTable {
    /// A new shared capability in front of `rest`.
    fn list_of_capability(
        &mut self,
        identity: u128,
        kind: CapabilityKind,
        scope: &str,
        rest: Value,
    ) -> Value {
        let capability = self.heap.raw(ObjectTag::Capability, &capability_payload(identity, kind, scope));
        self.heap.object(ObjectTag::Pair, &[capability, rest])
    }
}

impl Names for SymbolTable {
    fn symbol(&mut self, name: &str) -> Value {
        self.intern(name)
    }

    fn global_slot(&mut self, name: &str) -> u32 {
        unreachable!("the library has no global variables, yet it uses `{name}`")
    }
}

/// The machine's builtins: primitives, and procedures written in Scheme.
pub struct Library {
    table: PrimitiveTable,
    exports: HashMap<String, Value>,
    symbols: SymbolTable,
    unit: Unit,
    boot: Box<Code>,
    underflow: Box<[u64; 2]>,
    pub(crate) boot_closure: Value,
    pub(crate) signal: Value,
    /// What everybody begins with: each kind with a list of that capability alone.
    pub(crate) everyday: Vec<(CapabilityKind, Value)>,
    /// The list of all of them.
    pub(crate) everyday_capabilities: Value,
}

// SAFETY: immutable once made.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// The library of the primitives and of `program`, whose `exports` become builtins. `program` must export `%signal`,
    /// which raises a condition and does not return.
    ///
    /// # Errors
    /// [`LoadError`] if the program does not fit the primitives.
    #[optimize(size)]
    pub fn new(program: Program, exports: &[(String, ProcedureIndex)]) -> Result<Library, LoadError> {
        let mut symbols = SymbolTable { symbols: HashMap::new(), heap: SharedHeap::new() };
        let mut table = PrimitiveTable { by_name: HashMap::new(), values: Vec::new() };
        for (index, entry) in primitives::table().iter().enumerate() {
            let value = symbols.heap.raw(ObjectTag::Primitive, &[index as u64]);
            table.values.push(value);
            table.by_name.insert(entry.name, index as u32);
        }
        for kind in ErrorKind::ALL {
            symbols.intern(kind.symbol());
        }
        for name in WELL_KNOWN_SYMBOLS {
            symbols.intern(name);
        }
        let unbounded = Budget::new(u64::MAX);
        let unit =
            loader::load(program, LIBRARY_UNIT, site::FIRST, exports, &table, &mut symbols, &unbounded)?;
        let exports: HashMap<String, Value> = exports
            .iter()
            .filter_map(|(name, index)| Some((name.clone(), unit.closures[index.0 as usize]?)))
            .collect();
        let signal =
            *exports.get("%signal").ok_or_else(|| LoadError::UnknownBuiltin("%signal".to_string()))?;
        let boot = boot_code();
        let boot_closure = symbols.heap.object(ObjectTag::Closure, &[Code::word(&raw const *boot)]);
        let everyday: Vec<_> = CapabilityKind::ALL
            .into_iter()
            .filter(|kind| kind.is_everyday())
            .map(|kind| (kind, symbols.list_of_capability(kind as u128 + 1, kind, "", Value::NIL)))
            .collect();
        let everyday_capabilities = everyday
            .iter()
            .fold(Value::NIL, |list, (_, one)| symbols.heap.object(ObjectTag::Pair, &[one.car(), list]));
        let underflow = Box::new([ad(Op::Call, 0, 1, 0), ad(Op::Underflow, 0, 0, 0)]);
        Ok(Library {
            table,
            exports,
            symbols,
            unit,
            boot,
            underflow,
            boot_closure,
            signal,
            everyday,
            everyday_capabilities,
        })
    }

    pub(crate) fn boot_code(&self) -> &Code {
        &self.boot
    }

    /// The return address of a frame whose caller is sealed.
    #[inline]
    pub(crate) fn underflow_word(&self) -> Value {
        Value::from_bits(&raw const self.underflow[1] as usize as u64)
    }

    /// The shared symbol of this name, if the library has one.
    pub fn symbol(&self, name: &str) -> Option<Value> {
        self.symbols.symbols.get(name).copied()
    }

    /// The heap of its symbols, primitives and capabilities.
    pub(crate) fn symbol_heap(&self) -> &SharedHeap {
        &self.symbols.heap
    }

    /// The primitive of this name.
    pub(crate) fn primitive_value(&self, name: &str) -> Option<Value> {
        self.table.value(name)
    }

    /// Names of all builtins that programs can use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let primitives = self.table.by_name.keys().copied();
        primitives.chain(self.exports.keys().map(String::as_str)).filter(|name| !name.starts_with('%'))
    }

    /// The unit of the procedures written in Scheme.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }
}

impl Builtins for Library {
    fn value(&self, name: &str) -> Option<Value> {
        // The library's own version of a name goes first: it takes procedures where the primitive cannot.
        self.exports.get(name).copied().or_else(|| self.table.value(name))
    }

    fn primitive(&self, name: &str) -> Option<(u32, &PrimitiveEntry)> {
        self.table.primitive(name)
    }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Library({} builtins)", self.names().count())
    }
}

/// Symbols that the machine itself puts into messages and reasons.
const WELL_KNOWN_SYMBOLS: [&str; 17] = [
    "exit",
    "down",
    "normal",
    "killed",
    "noproc",
    "heap-soft-limit",
    "reply",
    "call",
    "error",
    "system",
    "high",
    "low",
    "background",
    "name",
    "priority",
    "sandbox",
    "capability-granted",
];

/// Calls the thunk in slot 1 and halts with its value there.
#[optimize(size)]
fn boot_code() -> Box<Code> {
    let mut code = Box::new(Code {
        entry: std::ptr::null(),
        arity: 0,
        frame_words: 3,
        parameters: 0,
        unit: LIBRARY_UNIT,
        procedure: 0,
        first_site: arena::SITE_UNKNOWN,
        internal: true,
        instructions: Instructions::new(vec![
            ad(Op::Call, 0, 2, 0),
            ad(Op::Halt, 0, 1, 0),
            ad(Op::Call, 0, 4, 0),
            ad(Op::SignalReturned, 0, 0, 0),
        ]),
        offsets: Box::new([0, 0, 0, 0]),
        lines: Box::new([]),
        name: "".into(),
        globals: Box::new([]),
        evaluates: false,
        children: Vec::new(),
    });
    code.entry = code.instructions.as_ptr();
    code
}

/// The programs of one world.
pub struct Linker {
    library: Arc<Library>,
    /// What this one adds to: its symbols, slots and units come first, and it does not change.
    base: Option<Arc<Linker>>,
    symbols: SymbolTable,
    slots: HashMap<String, u32>,
    globals: Vec<String>,
    units: Vec<Arc<Unit>>,
    budget: Arc<Budget>,
}

// SAFETY: the shared heap is only added to through `&mut`.
unsafe impl Send for Linker {}
// SAFETY: as above.
unsafe impl Sync for Linker {}

struct LinkerNames<'a> {
    library: &'a Library,
    base: Option<&'a Linker>,
    symbols: &'a mut SymbolTable,
    slots: &'a mut HashMap<String, u32>,
    globals: &'a mut Vec<String>,
}

impl Names for LinkerNames<'_> {
    fn symbol(&mut self, name: &str) -> Value {
        let known = self.library.symbol(name).or_else(|| self.base?.own_symbol(name));
        known.unwrap_or_else(|| self.symbols.intern(name))
    }

    fn global_slot(&mut self, name: &str) -> u32 {
        let known = self.base.and_then(|base| base.slots.get(name)).or_else(|| self.slots.get(name));
        if let Some(slot) = known {
            return *slot;
        }
        let slot = (self.base.map_or(0, |base| base.globals.len()) + self.globals.len()) as u32;
        self.globals.push(name.to_string());
        self.slots.insert(name.to_string(), slot);
        slot
    }
}

impl Linker {
    /// A world without programs yet. What is loaded counts against `budget` for as long as the world lives.
    #[optimize(size)]
    pub fn new(library: Arc<Library>, budget: &Arc<Budget>) -> Linker {
        Linker {
            library,
            base: None,
            symbols: SymbolTable { symbols: HashMap::new(), heap: SharedHeap::within(budget) },
            slots: HashMap::new(),
            globals: Vec::new(),
            units: Vec::new(),
            budget: budget.clone(),
        }
    }

    /// A linker for programs that are to run beside those of `base`, with the same globals. What it loads goes with it.
    ///
    /// # Panics
    /// If `base` itself adds to another one.
    #[optimize(size)]
    pub fn upon(base: &Arc<Linker>, budget: &Arc<Budget>) -> Linker {
        assert!(base.base.is_none(), "linkers are at most two deep");
        Linker { base: Some(base.clone()), ..Linker::new(base.library.clone(), budget) }
    }

    /// Loads a verified program.
    ///
    /// # Errors
    /// [`LoadError`] if it does not fit this machine, or the world's budget.
    #[optimize(size)]
    pub fn load(&mut self, program: Program) -> Result<Arc<Unit>, LoadError> {
        let number = (self.base_units().len() + self.units.len()) as u32 + 1;
        let library = self.library.clone();
        let mut names = LinkerNames {
            library: &library,
            base: self.base.as_deref(),
            symbols: &mut self.symbols,
            slots: &mut self.slots,
            globals: &mut self.globals,
        };
        let first_site = self.units.last().map_or(self.library.unit.sites.end, |unit| unit.sites.end);
        let loaded = loader::load(program, number, first_site, &[], &*library, &mut names, &self.budget)?;
        let unit = Arc::new(loaded);
        self.units.push(unit.clone());
        Ok(unit)
    }

    /// The list of capabilities that the main actor begins with: `grants`, and what everybody begins with.
    pub fn capabilities(&mut self, grants: &[(CapabilityKind, String)]) -> Value {
        let first = CapabilityKind::ALL.len() as u128 + 1;
        let everyday = self.library.everyday_capabilities;
        (first..).zip(grants).fold(everyday, |list, (identity, (kind, scope))| {
            self.symbols.list_of_capability(identity, *kind, scope, list)
        })
    }

    /// What global variables hold before any program has run: those with a builtin's name, which a program redefines, hold
    /// that builtin. By slot.
    #[optimize(size)]
    pub fn initial_globals(&self) -> Vec<Value> {
        let initial = |name: &String| Builtins::value(&*self.library, name).unwrap_or(Value::UNBOUND);
        self.base_globals().iter().chain(&self.globals).map(initial).collect()
    }

    /// The unit of this number; 0 is the library's.
    pub fn unit(&self, number: u32) -> Option<&Unit> {
        if number == LIBRARY_UNIT {
            return Some(&self.library.unit);
        }
        let mut units = self.base_units().iter().chain(&self.units);
        units.nth(number as usize - 1).map(|unit| &**unit)
    }

    fn base_units(&self) -> &[Arc<Unit>] {
        self.base.as_ref().map_or(&[], |base| &base.units)
    }

    fn base_globals(&self) -> &[String] {
        self.base.as_ref().map_or(&[], |base| &base.globals)
    }

    #[optimize(size)]
    fn own_symbol(&self, name: &str) -> Option<Value> {
        self.symbols.symbols.get(name).copied()
    }

    /// The heap of the programs' symbols and of capabilities.
    pub(crate) fn symbol_heap(&self) -> &SharedHeap {
        &self.symbols.heap
    }

    /// The units that it has loaded itself, in order.
    pub fn units(&self) -> &[Arc<Unit>] {
        &self.units
    }

    /// The builtins.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// Slot of the global variable `name`, if a program has one.
    pub fn global_slot(&self, name: &str) -> Option<u32> {
        let base = self.base.as_ref().and_then(|base| base.slots.get(name));
        base.or_else(|| self.slots.get(name)).copied()
    }

    /// The names of global variables that a unit of this linker defines, each with its slot.
    #[optimize(size)]
    pub fn defined_globals(&self) -> Vec<(u32, &str)> {
        let mut defined = Vec::new();
        for unit in &self.units {
            for procedure in &unit.program.procedures {
                for (_, instruction, _) in bytecode::instructions(&procedure.code).map_while(Result::ok) {
                    if let bytecode::Instruction::DefineGlobal { global } = instruction {
                        let name = unit.program.globals[global.0 as usize].as_str();
                        defined.extend(self.global_slot(name).map(|slot| (slot, name)));
                    }
                }
            }
        }
        defined.sort_unstable_by_key(|(_, name)| *name);
        defined.dedup();
        defined
    }

    /// Name of the global variable in `slot`.
    pub fn global_name(&self, slot: u32) -> Option<&str> {
        self.base_globals().iter().chain(&self.globals).nth(slot as usize).map(String::as_str)
    }

    /// The shared symbol of this name, if the builtins or a program have one.
    pub fn known_symbol(&self, name: &str) -> Option<Value> {
        let base = || self.base.as_ref()?.own_symbol(name);
        self.library.symbol(name).or_else(base).or_else(|| self.own_symbol(name))
    }
}
