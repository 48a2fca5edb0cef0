//! Loading: from a verified program to a unit that machines can run.
//!
//! Literals become shared objects, names become slots, and each procedure is translated to register code
//! (`translate`). Procedures that capture nothing get their one closure here.
//!
//! 1. The program was verified: indices, depths and jump targets are right.
//! 2. Code addresses are taken once the list of codes has its final size; it does not move after.

use std::sync::Arc;

use arena::{Budget, HeapError, ObjectTag, SITE_UNKNOWN, SharedHeap, Value, WordMap};
use bytecode::{ConstIndex, Constant, Procedure, ProcedureIndex, Program};

use crate::code::{Code, Instructions, REST, Unit};
use crate::datum::shared_atom;
use crate::error::Trap;
use crate::library::{Builtins, Names};
use crate::translate::{Translator, UnitView};

/// Why a verified program cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It names a builtin that this machine lacks.
    #[error("this machine has no builtin `{0}`")]
    UnknownBuiltin(String),
    /// It calls something as a primitive that is a library procedure.
    #[error("`{0}` is not a primitive")]
    NotPrimitive(String),
    /// A primitive is called with too few or too many arguments.
    #[error("primitive `{name}` does not take {count} arguments")]
    PrimitiveCount {
        /// The primitive.
        name: String,
        /// Arguments given.
        count: u16,
    },
    /// An instruction names no kind of capability.
    #[error(
        "there is no capability `{0}`; expected file-read, file-write, environment, command-line, clock or ask"
    )]
    UnknownCapability(String),
    /// The host does nothing of that shape.
    #[error("HostCall {capability} does not take {count} arguments; docs/OPCODES.md tells what there is")]
    HostCall {
        /// The capability.
        capability: String,
        /// Arguments given.
        count: u16,
    },
    /// A number constant that cannot be made.
    #[error("the constant {0} cannot be made")]
    Constant(String),
    /// The procedure needs more slots than an instruction can name.
    #[error("procedure `{0}` is too large for the machine; split it")]
    TooLarge(String),
    /// The world's budget has no room for it.
    #[error("{0} (setting: memory)")]
    Memory(HeapError),
    /// The bytes are no code.
    #[error("procedure `{procedure}`: {error}")]
    Decode {
        /// Which.
        procedure: String,
        /// What is wrong.
        error: bytecode::DecodeError,
    },
}

/// Loads a verified program as unit `number`, whose memory counts against `budget` and whose instructions are numbered from
/// `first_site` on. `exports` are builtins that the unit itself makes.
#[optimize(size)]
pub(crate) fn load(
    program: Program,
    number: u32,
    first_site: u32,
    exports: &[(String, ProcedureIndex)],
    builtins: &dyn Builtins,
    names: &mut dyn Names,
    budget: &Arc<Budget>,
) -> Result<Unit, LoadError> {
    let hold = |bytes: usize| budget.hold(bytes as u64).ok_or_else(|| LoadError::Memory(budget.full()));
    // Before any name of it gets a symbol or a slot.
    let held = hold(program.memory_bytes())?;
    let mut shared = SharedHeap::within(budget);
    let slots: Vec<u32> = program.globals.iter().map(|name| names.global_slot(name)).collect();
    let symbols: Vec<Value> = program.globals.iter().map(|name| names.symbol(name)).collect();
    let mut codes: Vec<Code> = (0..program.procedures.len())
        .map(|index| empty_code(&program.procedures[index], number, index as u32))
        .collect();
    let evaluates = program
        .constants
        .iter()
        .any(|constant| matches!(constant, Constant::Builtin(name) if name == "eval"));
    // The library's own procedures evaluate what they are given, nothing of theirs.
    codes.iter_mut().for_each(|code| code.evaluates = evaluates && exports.is_empty());
    let closures: Vec<Option<Value>> = codes
        .iter()
        .zip(&program.procedures)
        .map(|(code, procedure)| {
            let word = Code::word(&raw const *code);
            procedure.captures.is_empty().then(|| shared.object(ObjectTag::Closure, &[word]))
        })
        .collect();
    let own = |name: &str| {
        let export = exports.iter().find(|(exported, _)| exported == name);
        export.and_then(|(_, index)| closures[index.0 as usize])
    };
    let constants =
        literals(&program, &|name| own(name).or_else(|| builtins.value(name)), names, &mut shared)?;
    let addresses: Vec<*const Code> = codes.iter().map(|code| &raw const *code).collect();
    for (index, procedure) in program.procedures.iter().enumerate() {
        let unit = UnitView {
            program: &program,
            constants: &constants,
            slots: &slots,
            symbols: &symbols,
            closures: &closures,
            addresses: &addresses,
        };
        let translated = match Translator::run(&unit, builtins, procedure, true)? {
            Some(translated) => translated,
            None => Translator::run(&unit, builtins, procedure, false)?
                .ok_or_else(|| LoadError::TooLarge(procedure.name.clone()))?,
        };
        let code = &mut codes[index];
        code.instructions = Instructions::new(translated.instructions);
        code.offsets = translated.offsets.into_boxed_slice();
        code.globals = translated.globals.into_boxed_slice();
        code.children = translated.children;
        code.entry = code.instructions.as_ptr();
    }
    let sites = crate::site::number(&mut codes, first_site);
    let held = [held, hold(codes.iter().map(Code::memory_bytes).sum())?];
    Ok(Unit { program, codes, closures, shared, _held: held, number, sites })
}

#[optimize(size)]
fn empty_code(procedure: &Procedure, unit: u32, index: u32) -> Code {
    let parameters = u32::from(procedure.required) + u32::from(procedure.rest);
    Code {
        entry: std::ptr::null(),
        arity: u32::from(procedure.required) | if procedure.rest { REST } else { 0 },
        frame_words: u32::from(procedure.frame_slots).max(parameters) + 2,
        parameters,
        unit,
        procedure: index,
        first_site: SITE_UNKNOWN,
        internal: false,
        instructions: Instructions::default(),
        offsets: Box::new([]),
        lines: lines_of(procedure),
        name: procedure.name.as_str().into(),
        globals: Box::new([]),
        evaluates: false,
        children: Vec::new(),
    }
}

fn lines_of(procedure: &Procedure) -> Box<[(u32, u16, u32)]> {
    let mut lines: Vec<(u32, u16, u32)> = Vec::new();
    for (offset, span) in &procedure.spans {
        if lines.last().is_none_or(|(_, file, line)| (*file, *line) != (span.file, span.line)) {
            lines.push((offset.0, span.file, span.line));
        }
    }
    lines.into()
}

#[optimize(size)]
fn literals(
    program: &Program,
    builtin: &dyn Fn(&str) -> Option<Value>,
    names: &mut dyn Names,
    shared: &mut SharedHeap,
) -> Result<Vec<Value>, LoadError> {
    let mut values: Vec<Value> = Vec::with_capacity(program.constants.len());
    // Fields that wait for what a hole stands for, by hole.
    let mut waiting: WordMap<u32, Vec<(Value, usize)>> = WordMap::default();
    let wait = |waiting: &mut WordMap<u32, Vec<(Value, usize)>>, holder: Value, parts: &[ConstIndex]| {
        for (field, part) in parts.iter().enumerate() {
            if matches!(program.constants[part.0 as usize], Constant::Hole) {
                waiting.entry(part.0).or_default().push((holder, field));
            }
        }
        holder
    };
    for constant in &program.constants {
        let value = match constant {
            Constant::Symbol(text) => names.symbol(text),
            Constant::Pair(car, cdr) => {
                let parts = [values[car.0 as usize], values[cdr.0 as usize]];
                wait(&mut waiting, shared.object(ObjectTag::Pair, &parts), &[*car, *cdr])
            }
            Constant::Vector(parts) => {
                let elements: Vec<Value> = parts.iter().map(|index| values[index.0 as usize]).collect();
                wait(&mut waiting, shared.object(ObjectTag::Vector, &elements), parts)
            }
            Constant::Knot { hole, whole } => {
                let whole = values[whole.0 as usize];
                for (holder, field) in waiting.remove(&hole.0).unwrap_or_default() {
                    holder.init_field(field, whole);
                }
                whole
            }
            Constant::Builtin(name) => {
                builtin(name).ok_or_else(|| LoadError::UnknownBuiltin(name.clone()))?
            }
            atom => shared_atom(shared, atom).ok_or_else(|| {
                let (Constant::BigInteger(text) | Constant::Ratio(text)) = atom else {
                    unreachable!("every other constant has a value")
                };
                LoadError::Constant(text.clone())
            })?,
        };
        values.push(value);
    }
    Ok(values)
}

impl From<LoadError> for Trap {
    fn from(error: LoadError) -> Trap {
        match error {
            LoadError::Memory(full) => Trap::from(full),
            error => Trap::error(crate::error::ErrorKind::Syntax, error.to_string(), &[]),
        }
    }
}
