//! Prepared code and the units that own it.
//!
//! 1. A [`Code`] never moves once its unit is made, and nothing of it changes but the operation bytes of instructions, by
//!    [`Instructions::set_op`], while nobody runs the unit; closures hold its address, aligned to 8 bytes, as their first
//!    word. Units outlive all machines of their world.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::{Holding, ObjectTag, SharedHeap, Value};
use bytecode::{CodeOffset, Procedure, Program, Span};

/// One procedure, ready to run.
#[derive(Debug)]
#[repr(C, align(8))]
pub(crate) struct Code {
    pub(crate) entry: *const u64,
    /// Arguments, in the low bits; [`REST`] if more are taken as a list.
    pub(crate) arity: u32,
    /// Words of a frame from slot 0 on.
    pub(crate) frame_words: u32,
    /// Slots that arguments take; the return address has the slot after them.
    pub(crate) parameters: u32,
    pub(crate) unit: u32,
    pub(crate) procedure: u32,
    /// Number of its first instruction word among those of all units, for [`crate::site`].
    pub(crate) first_site: u32,
    /// The machine's own: not shown in traces.
    pub(crate) internal: bool,
    pub(crate) instructions: Instructions,
    /// Offset in the procedure's bytecode, by instruction word.
    pub(crate) offsets: Box<[u32]>,
    /// Bytecode offsets at which another line begins: offset, file, line.
    pub(crate) lines: Box<[(u32, u16, u32)]>,
    /// Name for messages; empty when anonymous.
    pub(crate) name: Box<str>,
    /// Global slots that it uses, and their names: symbols of the program.
    pub(crate) globals: Box<[(u32, Value)]>,
    /// Its unit calls `eval`, so that it may reach any global.
    pub(crate) evaluates: bool,
    /// Code that it makes closures of.
    pub(crate) children: Vec<*const Code>,
}

/// Instruction words. The dispatch loop reads them as plain words: they change only while nobody runs them.
#[derive(Debug, Default)]
pub(crate) struct Instructions(Box<[AtomicU64]>);

impl Instructions {
    pub(crate) fn new(words: Vec<u64>) -> Instructions {
        Instructions(words.into_iter().map(AtomicU64::new).collect())
    }

    pub(crate) fn as_ptr(&self) -> *const u64 {
        self.0.as_ptr().cast()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts another operation into the word at `index`, whose operands stay, and answers the one that was there.
    pub(crate) fn set_op(&self, index: usize, op: u8) -> u8 {
        let word = self.0[index].load(Ordering::Relaxed);
        self.0[index].store(word & !0xff | u64::from(op), Ordering::Relaxed);
        word as u8
    }
}

/// Mark in [`Code::arity`].
pub(crate) const REST: u32 = 1 << 31;

// SAFETY: changes only while nobody runs it (invariant 1); the pointers lead to code of the same unit.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Code {
    /// Where the handler of an error returns to, should it ever.
    pub(crate) fn signal_return(&self) -> *const u64 {
        self.instructions.as_ptr().wrapping_add(self.instructions.len() - 1)
    }

    /// The code of a closure.
    #[inline(always)]
    pub(crate) fn of<'a>(closure: Value) -> &'a Code {
        debug_assert!(closure.is_object(ObjectTag::Closure), "no closure: {closure:?}");
        // SAFETY: the first word of a closure is the address of its code (invariant 1).
        unsafe { &*(closure.raw(0) as usize as *const Code) }
    }

    /// The code at an address that a closure or [`Code::children`] holds.
    pub(crate) fn at<'a>(address: *const Code) -> &'a Code {
        // SAFETY: such addresses lead to code, which outlives all machines (invariant 1).
        unsafe { &*address }
    }

    /// The word that stands for this code in a closure.
    pub(crate) fn word(code: *const Code) -> Value {
        debug_assert!(code as usize & 7 == 0);
        Value::from_bits(code as usize as u64)
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of_val(self)
            + self.instructions.len() * size_of::<u64>()
            + size_of_val(&self.offsets[..])
            + size_of_val(&self.lines[..])
            + size_of_val(&self.globals[..])
            + size_of_val(&self.children[..])
            + self.name.len()
    }

    /// Index of the instruction word at `pc`, if it lies in this code.
    pub(crate) fn index_of(&self, pc: *const u64) -> Option<usize> {
        let bytes = (pc as usize).wrapping_sub(self.instructions.as_ptr() as usize);
        (bytes < self.instructions.len() * 8).then_some(bytes / 8)
    }

    /// File and line at a bytecode offset; zeros when unknown.
    pub(crate) fn line_at(&self, offset: CodeOffset) -> (u16, u32) {
        let after = self.lines.partition_point(|(start, ..)| *start <= offset.0);
        if after == 0 { (0, 0) } else { (self.lines[after - 1].1, self.lines[after - 1].2) }
    }

    /// Offset in the bytecode of the instruction at `pc`; for a return address, of the call before it.
    pub(crate) fn offset_at(&self, pc: *const u64, is_return_address: bool) -> CodeOffset {
        let index = self.index_of(pc).unwrap_or(0);
        let index = if is_return_address { index.saturating_sub(1) } else { index };
        CodeOffset(self.offsets.get(index).copied().unwrap_or(0))
    }
}

/// A loaded program unit.
#[derive(Debug)]
pub struct Unit {
    /// What it was loaded from.
    pub program: Program,
    pub(crate) codes: Vec<Code>,
    /// Closures of the procedures that capture nothing.
    pub(crate) closures: Vec<Option<Value>>,
    /// Literals and closures.
    pub(crate) shared: SharedHeap,
    /// The program's and the code's bytes in the world's budget.
    pub(crate) _held: [Holding; 2],
    /// Its number in the world.
    pub number: u32,
    /// Numbers of its instruction words: see [`crate::site`].
    pub(crate) sites: Range<u32>,
}

// SAFETY: immutable once loaded, but for its code's operations.
unsafe impl Send for Unit {}
// SAFETY: as above.
unsafe impl Sync for Unit {}

impl Unit {
    /// The entry procedure's closure.
    pub fn entry(&self) -> Value {
        self.closures[0].expect("the entry captures nothing")
    }

    pub(crate) fn procedure(&self, index: u32) -> &Procedure {
        &self.program.procedures[index as usize]
    }

    /// The source span that holds at `offset` of a procedure.
    pub fn span_at(&self, procedure: u32, offset: CodeOffset) -> Option<Span> {
        let spans = &self.procedure(procedure).spans;
        let after = spans.partition_point(|(start, _)| *start <= offset);
        if after == 0 { None } else { Some(spans[after - 1].1) }
    }
}
