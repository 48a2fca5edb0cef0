//! Where transformers run: Scheme code that a program's macros are written in, run while the program is expanded.
//!
//! The compiler knows no machine, so whoever has one hands it in ([`crate::Builtins::set_sandbox`]).
//!
//! 1. What a transformer answers is a function of its program, of the use that it is given and of what its [`Names`] say. No
//!    clock, no world and no earlier use has a part in it: every use begins with a fresh memory.
//! 2. A transformer stops within the [`Allowance`] that it is given, which counts steps and words and never time.
//! 3. Data cross as [`Piece`]s, each of which refers to earlier ones only. So they are trees or share parts, and contain
//!    themselves nowhere.

use std::fmt::Debug;
use std::sync::Arc;

use bytecode::{Constant, Program, Span};

use crate::expand::State;
pub use crate::expand::limits::evaluation_steps;
use crate::passes::Passes;
use crate::syntax::Symbol;

/// A part of the data that a transformer takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A name; names of different aliases are different identifiers.
    Identifier {
        /// The name.
        name: Arc<str>,
        /// 0 for the name as it is written in a program.
        alias: u32,
    },
    /// A pair of earlier pieces.
    Pair(u32, u32),
    /// A vector of earlier pieces.
    Vector(Vec<u32>),
    /// Anything else that can be written in a program: no [`Constant`] that has parts or a name.
    Atom(Constant),
}

/// How much a transformer may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Reductions.
    pub steps: u64,
    /// Words of memory.
    pub heap_words: usize,
    /// Expressions around the use, which count for what the transformer evaluates as well.
    pub depth: u32,
}

/// What is known at compile time where a transformer runs: the environment of what it evaluates
/// ([`Session::within`](crate::Session::within)).
#[derive(Debug)]
pub struct Surroundings {
    /// As it was when the transformer's own program had been compiled.
    pub(crate) state: State,
    pub(crate) passes: Passes,
    /// 1 for a transformer of the program, and so on.
    pub(crate) phase: u32,
    /// The text of the import sets of the environment around the transformer, and what each of them names.
    pub(crate) imports: Vec<(String, Vec<Symbol>)>,
}

/// What a transformer asks of the expander.
pub trait Names {
    /// The alias of a name that means what that identifier means where the macro was defined; the same for the same one.
    fn rename(&mut self, name: &str, alias: u32) -> u32;
    /// Do the identifiers mean the same where the macro is used?
    fn is_same(&self, left: (&str, u32), right: (&str, u32)) -> bool;
    /// A new alias of a name, which nothing else has.
    fn invent(&mut self, name: &str) -> u32;
    /// A number that was not drawn before.
    fn draw(&mut self) -> u64;
}

/// Why a transformer has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its steps are used up.
    Steps,
    /// Its memory is used up.
    Memory,
    /// It raised something that nothing handled.
    Raised {
        /// The condition's message.
        message: String,
        /// Where in the transformer's program.
        place: Option<Span>,
        /// The variable without a value that it asked for, if that is the reason.
        unbound: Option<String>,
    },
    /// It wanted something that is outside of the sandbox.
    Unavailable(&'static str),
    /// Its answer holds something that no program can hold: what that is, in words.
    Foreign(String),
    /// Its answer contains itself.
    Cyclic,
    /// Its program does not load.
    Load(String),
}

/// A transformer, ready to be used.
pub trait Transformer: Debug + Send + Sync {
    /// Transforms one use of its macro, the last of `pieces`. Appends pieces to these and answers which one is the result,
    /// with the steps that it took.
    ///
    /// # Errors
    /// Why there is no result.
    fn transform(
        &self,
        pieces: &mut Vec<Piece>,
        names: &mut dyn Names,
        allowance: Allowance,
    ) -> (u64, Result<u32, Failure>);
}

/// Makes transformers.
pub trait Sandbox: Debug + Send + Sync {
    /// The transformer whose program this is, with the steps that it took to make it. The program calls the builtin
    /// `%transform` with the transformer's value. If it evaluates, it does so within `surroundings`.
    ///
    /// # Errors
    /// Why there is none: making it goes wrong, or its value is no procedure.
    fn load(
        &self,
        program: Program,
        surroundings: Option<Surroundings>,
        allowance: Allowance,
    ) -> (u64, Result<Arc<dyn Transformer>, Failure>);
}

/// What a program's transformers cannot have: there is no world around them. A use of one of these raises an error.
pub(crate) const UNAVAILABLE: &[&str] = &[
    "self",
    "spawn",
    "spawn-link",
    "spawn-monitor",
    "send",
    "!",
    "link",
    "unlink",
    "monitor",
    "demonitor",
    "exit",
    "emergency-exit",
    "trap-exit!",
    "set-priority!",
    "process-info",
    "make-reference",
    "alive?",
    "register",
    "unregister",
    "whereis",
    "sleep",
    "call",
    "reply",
    "broadcast",
    "actor-wait",
    "open-input-file",
    "open-binary-input-file",
    "open-output-file",
    "open-binary-output-file",
    "file-exists?",
    "delete-file",
    "call-with-input-file",
    "call-with-output-file",
    "with-input-from-file",
    "with-output-to-file",
    "load",
    "get-environment-variable",
    "get-environment-variables",
    "command-line",
    "capability-narrow",
    "current-capabilities",
    "has-capability?",
    "with-capabilities",
    "runtime",
    "real-time",
    "current-time",
    "current-second",
    "current-jiffy",
    "random",
    "note-test-result",
    "heap-snapshot",
];

/// Procedures that compile what they are given.
pub(crate) const COMPILING: &[&str] =
    &["environment", "eval", "null-environment", "scheme-report-environment"];
