//! What bounds the work of a unit's macros.
//!
//! All bounds count steps, pieces of syntax and words, never time: what a text compiles to, or why it does not, is the same on
//! every machine. Whoever reaches one is told which macro it was.
//!
//! | bound | of what |
//! |---|---|
//! | [`DEPTH_MAX`] | expressions within each other, expansions included |
//! | [`STEPS_MAX`] | expansions in a row, each of which is again a use of a macro |
//! | [`OUTPUT_MAX`] | pieces of syntax that all macros of a unit make |
//! | [`TRANSFORMER`] | steps and memory of one run of a transformer |
//! | [`TRANSFORMERS_STEPS_MAX`] | steps of all transformers of a unit |
//! | [`TRANSFORMERS_MAX`] | transformers that one session has ever made |
//! | [`EVALUATING_MAX`] | those among them that evaluate |
//! | [`PHASES_MAX`] | transformers that are written with macros whose transformers are written with macros ... |

use crate::sandbox::Allowance;

/// How deep expressions may be nested, macro expansion included.
pub(crate) const DEPTH_MAX: u32 = 300;

/// How often in a row a macro's use may expand to another one.
pub(crate) const STEPS_MAX: u32 = 10_000;

/// How many pieces of syntax the macros of one unit may produce.
pub(crate) const OUTPUT_MAX: u64 = 3_000_000;

/// The same for a unit that is expanded for its notes: an editor asks at every key.
pub(crate) const NOTED_OUTPUT_MAX: u64 = 150_000;

/// What one run of a transformer may use. Some tenths of a second, and 8 MiB.
pub(crate) const TRANSFORMER: Allowance = Allowance { steps: 5_000_000, heap_words: 1 << 20, depth: 0 };

/// Steps that all transformers of one unit may take together.
pub(crate) const TRANSFORMERS_STEPS_MAX: u64 = 50_000_000;

/// The same for a unit that is expanded for its notes.
pub(crate) const NOTED_STEPS_MAX: u64 = 500_000;

/// Steps that a run of a transformer counts for at least: making its memory takes time as well.
pub(crate) const RUN_STEPS_MIN: u64 = 500;

/// How many transformers one session may make. Each keeps its code for as long as its macro lives.
pub(crate) const TRANSFORMERS_MAX: u32 = 4_000;

/// How many of them may evaluate. Each keeps an environment at compile time as well.
pub(crate) const EVALUATING_MAX: u32 = 500;

/// Steps that a text takes which a transformer evaluates, at least.
const EVALUATION_STEPS_MIN: u64 = 1_000;

/// The same for a byte of it.
const EVALUATION_STEPS_PER_BYTE: u64 = 8;

/// The same for a piece of syntax that its macros make.
pub(crate) const EVALUATION_STEPS_PER_PIECE: u64 = 8;

/// So many names that are known count for one step of it, since all are copied.
pub(crate) const NAMES_PER_EVALUATION_STEP: u64 = 4;

/// Steps that compiling so many bytes of what a transformer evaluates takes, without those of its macros.
pub fn evaluation_steps(bytes: usize) -> u64 {
    EVALUATION_STEPS_MIN + EVALUATION_STEPS_PER_BYTE * bytes as u64
}

/// How deep transformers may be written with macros of transformers.
pub(crate) const PHASES_MAX: u32 = 4;
