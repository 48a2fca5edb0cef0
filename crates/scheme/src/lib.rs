//! Scheme: reader with spans, hygienic expander, compiler to bytecode, and the library that is written in Scheme.
//!
//! # Using it
//! - [`standard()`] compiles the library over the table of primitives and answers all [`Builtins`].
//! - A [`Session`] holds the compile-time environment of one world; [`Session::compile`] turns source files into a
//!   [`bytecode::Program`], or into [`Diagnostic`]s.
//! - [`is_complete`] tells a REPL whether to ask for another line.
//!
//! # How it works
//! `reader` makes syntax, `expand` resolves names and rewrites forms to the small tree of `ir`, `passes` make that
//! faster, `generate` writes code. All of it is pure and recursion is bounded by depth.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(feature = "editing"),
    expect(dead_code, reason = "notes and what reads them are for editors")
)]

mod builtins;
mod constants;
mod diagnostic;
#[cfg(feature = "editing")]
mod documentation;
#[cfg(feature = "editing")]
pub mod editing;
mod expand;
mod generate;
mod ir;
mod lexer;
mod library;
mod number;
pub mod passes;
mod primitives;
mod reader;
pub mod sandbox;
mod session;
pub mod standard;
mod suggest;
mod syntax;
mod types;

pub use builtins::{Arity, Builtin, BuiltinKind, Builtins};
pub use diagnostic::{Diagnostic, Severity};
#[cfg(feature = "editing")]
pub use documentation::{Documentation, documentation};
pub use expand::Sources;
pub use library::{Library, compile_library, prelude, standard};
pub use primitives::{PRIMITIVES, PrimitiveRow};
pub use reader::is_complete;
pub use session::{Compiled, Session};
