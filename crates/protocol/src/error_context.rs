//! What is known of a run-time error beside its message, place and trace: as data, and as lines of text.

use serde::{Deserialize, Serialize};

/// The context of a run-time error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorContext {
    /// Its kind, such as `type-error`; empty when what was raised is no condition.
    pub kind: String,
    /// What was being done.
    pub operation: Option<String>,
    /// Which operand was wrong, from 1.
    pub operand: Option<u32>,
    /// What should have been there.
    pub expected: Option<String>,
    /// What was: its type, and the value as `write` shows it, cut.
    pub actual: Option<(String, String)>,
    /// The instruction.
    pub instruction: Option<InstructionAddress>,
    /// Calls of the program that waited for one another, and how many of them were of the innermost one's procedure.
    pub call_depth: u64,
    /// See `call_depth`.
    pub recursion_depth: u64,
    /// There may have been more calls.
    pub is_deeper: bool,
    /// The limit that was reached, and what would have been needed: words of the stack, or bytes.
    pub bound: Option<(u64, u64)>,
    /// Memory and work.
    pub memory: MemoryState,
}

/// An instruction of loaded code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstructionAddress {
    /// Number of the unit; 0 is the library's.
    pub unit: u32,
    /// The procedure's index in the unit.
    pub procedure: u32,
    /// Its name; may be empty.
    pub name: String,
    /// Offset in its bytecode.
    pub offset: u32,
}

/// How much an actor had used when it failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryState {
    /// Bytes of its heap in use, garbage included.
    pub heap_bytes: u64,
    /// The limit.
    pub heap_bytes_max: u64,
    /// Words of its stack in use.
    pub stack_words: u64,
    /// The limit.
    pub stack_words_max: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Reductions that were left of the slice.
    pub slice_left: u64,
}

impl ErrorContext {
    /// What and its description, for everything that is known.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if !self.kind.is_empty() {
            rows.push(("kind", self.kind.clone()));
        }
        if let Some(operation) = &self.operation {
            let operand = self.operand.map_or(String::new(), |operand| format!(", operand {operand}"));
            rows.push(("operation", format!("{operation}{operand}")));
        }
        if let Some(expected) = &self.expected {
            rows.push(("expected", expected.clone()));
        }
        if let Some((type_name, value)) = &self.actual {
            rows.push(("actual", format!("{value} ({type_name})")));
        }
        if let Some((limit, attempted)) = self.bound {
            rows.push(("limit", format!("{limit}, attempted {attempted}")));
        }
        if let Some(InstructionAddress { unit, procedure, name, offset }) = &self.instruction {
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            rows.push(("instruction", format!("unit {unit}, procedure {procedure}{name}, offset {offset}")));
        }
        let more = if self.is_deeper { " or more" } else { "" };
        rows.push((
            "depth",
            format!("{} calls, {} of the same procedure{more}", self.call_depth, self.recursion_depth),
        ));
        let MemoryState { heap_bytes, heap_bytes_max, stack_words, stack_words_max, .. } = self.memory;
        rows.push(("heap", format!("{heap_bytes} of {heap_bytes_max} bytes")));
        rows.push(("stack", format!("{stack_words} of {stack_words_max} words")));
        let MemoryState { reductions, slice_left, .. } = self.memory;
        rows.push(("reductions", format!("{reductions}, {slice_left} left of the slice")));
        rows
    }
}
