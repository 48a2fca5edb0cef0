//! Bytecode: one opcode table and everything that expands from it; the program format with its source map.
//!
//! # Using it
//! - A compiler fills a [`Program`]. The code of each [`Procedure`] comes from an [`Assembler`]: [`Assembler::emit`]
//!   takes an [`Instruction`], [`Assembler::label`] and [`Assembler::place`] make jump targets, [`Assembler::jump`],
//!   [`Assembler::jump_if_false`], [`Assembler::mailbox_peek`], [`Assembler::mailbox_next`] and
//!   [`Assembler::mailbox_wait`] jump to them, [`Assembler::offset`] is where spans and variables begin,
//!   [`Assembler::finish`] gives the bytes. [`effect::of_with`] says what an instruction does to the stack.
//! - A loader calls [`verify()`] before anything else, then [`decode`] or [`instructions`].
//! - A view calls [`disassemble()`], [`disassemble_procedure`] or [`disassemble_lines`]; [`Procedure::span_at`] and
//!   [`Opcode::documentation`] answer for single instructions; [`reference_markdown`] is the whole table.
//! - [`text::to_text`] says everything that a program holds, and [`text::assemble`] reads that and what people write.
//! - [`Program::to_bytes`], [`Program::from_bytes`] and [`Program::hash`] store, load and name programs.
#![forbid(unsafe_code)]

pub mod assembler;
pub mod disassemble;
pub mod effect;
pub mod format;
pub mod instruction;
pub mod opcode;
pub mod program;
pub mod reference;
pub mod text;
pub mod verify;

pub use assembler::{AssembleError, Assembler, Label};
pub use disassemble::{constant_text, disassemble, disassemble_lines, disassemble_procedure};
pub use format::{FormatError, ProgramHash};
pub use instruction::{
    DecodeError, Instruction, JumpOffset, Opcode, Operand, OperandKind, decode, instructions,
};
pub use program::*;
pub use reference::reference_markdown;
pub use verify::{Problem, VerifyError, verify};
