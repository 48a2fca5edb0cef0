//! Bytecode: one opcode table and everything that expands from it; the program format with its source map.
#![forbid(unsafe_code)]

pub mod opcode;
pub mod program;

pub use program::*;
