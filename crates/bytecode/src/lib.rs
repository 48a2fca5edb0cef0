//! Bytecode: one opcode table and everything that expands from it; the program format with its source map.
//!
//! # Using it
//! - A compiler fills a [`Program`]. The code of each [`Procedure`] comes from an [`Assembler`]: [`Assembler::emit`]
//!   takes an [`Instruction`], [`Assembler::label`] and [`Assembler::place`] make jump targets, [`Assembler::jump`],
//!   [`Assembler::jump_if_false`], [`Assembler::mailbox_peek`], [`Assembler::mailbox_next`] and
//!   [`Assembler::mailbox_wait`] jump to them, [`Assembler::offset`] is where spans and variables begin,
//!   [`Assembler::finish`] gives the bytes. [`effect::of_with`] says what an instruction does to the stack.
//! - A loader calls [`decode`] or [`instructions`].
#![forbid(unsafe_code)]

pub mod assembler;
pub mod effect;
pub mod instruction;
pub mod opcode;
pub mod program;

pub use assembler::{AssembleError, Assembler, Label};
pub use instruction::{
    DecodeError, Instruction, JumpOffset, Opcode, Operand, OperandKind, decode, instructions,
};
pub use program::*;
