//! A compiled unit: procedures, constants, names and the map back to the source. Plain data, immutable once made.
//!
//! 1. Procedure 0 is the entry: it takes no arguments, captures nothing, runs the unit's top-level forms in order
//!    and returns the value of the last one.
//! 2. Indices ([`ConstIndex`], [`ProcedureIndex`], [`GlobalIndex`]) point into this unit's own tables. A loader maps
//!    `globals` to the slots of the world that the unit joins, by name.
//! 3. Composite constants refer only to constants with a smaller index, so the pool has no cycles. Literals that have
//!    some are tied by a [`Constant::Knot`], once their parts are there.
//! 4. `spans` and `variables` are sorted by `start`; a span holds from its offset to the next one's.

use serde::{Deserialize, Serialize};

/// Index into [`Program::constants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConstIndex(pub u32);

/// Index into [`Program::procedures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcedureIndex(pub u32);

/// Index into [`Program::globals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GlobalIndex(pub u32);

/// Bytes from the start of a procedure's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CodeOffset(pub u32);

impl std::fmt::Display for CodeOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in the source text: file index, byte range, and the line and column (both from 1; column in characters)
/// of its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Index into [`Program::files`].
    pub file: u16,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of `start`, from 1.
    pub line: u32,
    /// Column of `start` in characters, from 1.
    pub column: u32,
}

/// One entry of the constant pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Constant {
    /// `()`.
    Nil,
    /// `#t` or `#f`.
    Boolean(bool),
    /// The unspecified value.
    Unspecified,
    /// The end-of-file object.
    Eof,
    /// An exact integer.
    Integer(i64),
    /// An exact integer too large for `Integer`, in decimal with an optional `-`.
    BigInteger(String),
    /// An inexact real, by its bits, so that equality is exact.
    Flonum(u64),
    /// A character.
    Character(char),
    /// A literal string.
    String(String),
    /// A symbol.
    Symbol(String),
    /// A literal pair.
    Pair(ConstIndex, ConstIndex),
    /// A literal vector.
    Vector(Vec<ConstIndex>),
    /// A literal bytevector.
    Bytevector(Vec<u8>),
    /// A procedure of the machine, by name: a primitive or one of the library's procedures.
    Builtin(String),
    /// An exact ratio, as two integers in decimal with `/` between them, the first with an optional `-`.
    Ratio(String),
    /// A place within a literal where a later [`Constant::Knot`] puts the whole.
    Hole,
    /// A literal that contains itself: constant `whole`, a pair or vector (or another knot), which takes the place of
    /// `hole` in every pair and vector that has the hole as a part and comes before this constant.
    Knot {
        /// The [`Constant::Hole`].
        hole: ConstIndex,
        /// What takes its place.
        whole: ConstIndex,
    },
}

/// Where a named variable lives while the program counter is in `start..end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name in the source.
    pub name: String,
    /// Frame slot.
    pub slot: u16,
    /// First offset at which the slot holds the variable.
    pub start: CodeOffset,
    /// First offset at which it no longer does.
    pub end: CodeOffset,
    /// The slot holds a box with the value.
    pub boxed: bool,
}

/// One compiled procedure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// Name for stack traces; empty when anonymous.
    pub name: String,
    /// Where the whole procedure stands in the source.
    pub span: Span,
    /// Required arguments; they arrive in slots `0..required`.
    pub required: u16,
    /// Further arguments arrive as a list in slot `required`.
    pub rest: bool,
    /// Names of the captured values, in capture order; and whether each is a box.
    pub captures: Vec<(String, bool)>,
    /// Slots a frame needs: arguments, variables and operand stack at its deepest.
    pub frame_slots: u16,
    /// Encoded instructions.
    pub code: Vec<u8>,
    /// Source map.
    pub spans: Vec<(CodeOffset, Span)>,
    /// Debug information.
    pub variables: Vec<Variable>,
}

/// A source text that a unit was compiled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Name as the user knows it.
    pub name: String,
    /// Whole text.
    pub text: String,
}

/// A compiled unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Source texts, for error messages and views.
    pub files: Vec<SourceFile>,
    /// Constant pool.
    pub constants: Vec<Constant>,
    /// Names of the global variables that the unit uses or defines.
    pub globals: Vec<String>,
    /// Procedures; the first is the entry.
    pub procedures: Vec<Procedure>,
}

impl Program {
    /// Bytes of memory that it takes, about.
    pub fn memory_bytes(&self) -> usize {
        let files = self.files.iter().map(|file| size_of_val(file) + file.name.len() + file.text.len());
        let constants = self.constants.iter().map(|constant| {
            size_of_val(constant)
                + match constant {
                    Constant::BigInteger(text)
                    | Constant::String(text)
                    | Constant::Symbol(text)
                    | Constant::Builtin(text)
                    | Constant::Ratio(text) => text.len(),
                    Constant::Vector(elements) => size_of_val(&elements[..]),
                    Constant::Bytevector(bytes) => bytes.len(),
                    _ => 0,
                }
        });
        let globals = self.globals.iter().map(|name| size_of_val(name) + name.len());
        let procedures = self.procedures.iter().map(|procedure| {
            let captures = procedure.captures.iter().map(|capture| size_of_val(capture) + capture.0.len());
            let variables =
                procedure.variables.iter().map(|variable| size_of_val(variable) + variable.name.len());
            size_of_val(procedure)
                + procedure.name.len()
                + procedure.code.len()
                + size_of_val(&procedure.spans[..])
                + captures.chain(variables).sum::<usize>()
        });
        files.chain(constants).chain(globals).chain(procedures).sum()
    }
}
