//! Programs as text that people write: everything that a [`crate::Program`] holds, and nothing else.
//!
//! A line is empty, or an item with its words; `;` begins a comment. Strings stand in double quotes, with `\"`, `\\`, `\n`,
//! `\r`, `\t` and `\x41;`. A name with a colon before an item names that item.
//!
//! ```text
//! file "NAME"                         a source file
//!   "TEXT"                            some of its text; the parts are joined
//! constant KIND VALUE...              nil, boolean true, unspecified, eof, integer 5, big "99999999999999999999",
//!                                     float 1.5 or its bits (0x3ff8000000000000), ratio "1/3", character "λ", string "text",
//!                                     symbol "name", builtin "display", pair CONST CONST, vector CONST..., bytevector 1 2 3,
//!                                     hole, knot HOLE WHOLE
//! global "NAME"                       a global variable
//! procedure "NAME" REQUIRED [rest] slots N [span FILE START END LINE COLUMN]
//!   capture "NAME" [boxed]
//!   variable "NAME" SLOT START END [boxed]
//!   span FILE START END LINE COLUMN   holds from the next instruction on
//!   span-at OFFSET FILE START ...     the same for any offset
//! loop:                               a place in the code
//!   Opcode OPERAND...                 jumps name a place, or a distance in bytes from the end of the instruction
//!   bytes 255 ...                     what is no instruction
//! ```
//!
//! A constant, global or procedure is named by its number, or by the name before its colon. A string names the global of
//! that name; where a constant is wanted, the literal string, for `Primitive`
//! the builtin, and for the instructions of capabilities the symbol of that text. What is named so and not listed is added at the end of its list.
//!
//! 1. [`to_text`] takes any program, verified or not, and [`assemble`] of its answer gives an equal one.
//! 2. Reading is linear in the text; nothing recurses.

mod read;
mod write;

pub use read::{TextError, assemble, assemble_with_source};
pub use write::to_text;

#[cfg(test)]
mod tests;
