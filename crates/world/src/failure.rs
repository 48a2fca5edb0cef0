//! The context of an error that nobody has handled: what the condition knows, and what its actor had used.

use arena::Value;
use protocol::{ErrorContext, InstructionAddress, MemoryState};
use vm::{Linker, Machine};

use crate::inspect::shown;

/// Frames that are counted when a condition's own count ended before the outermost one.
const FRAMES_COUNTED_MAX: usize = 1 << 20;
/// Bytes of a word of the heap.
const WORD_BYTES: u64 = 8;

/// What is known of the error that `machine` has just ended with.
#[optimize(size)]
pub fn error_context(
    machine: &Machine,
    linker: &Linker,
    reason: Value,
    heap_words_max: u64,
    slice_left: u64,
) -> ErrorContext {
    let (stack_words, stack_words_max) = machine.stack_words();
    let mut context = ErrorContext {
        memory: MemoryState {
            heap_bytes: machine.heap().used_words() as u64 * WORD_BYTES,
            heap_bytes_max: heap_words_max * WORD_BYTES,
            stack_words: stack_words as u64,
            stack_words_max: stack_words_max as u64,
            reductions: machine.reductions(),
            slice_left,
        },
        ..ErrorContext::default()
    };
    let mut depths = machine.depths(FRAMES_COUNTED_MAX);
    if reason.is_object(arena::ObjectTag::ErrorObject) && reason.field(0).is_object(arena::ObjectTag::Symbol)
    {
        context.kind = reason.field(0).symbol_text().to_string();
    }
    if let Some(known) = vm::ErrorContext::of(reason) {
        context.operation = known.operation;
        context.operand = known.operand;
        context.expected = known.expected;
        context.actual = known.actual.map(|value| (vm::type_name(value).to_string(), shown(value)));
        context.bound = known.bound;
        context.memory.stack_words = known.stack_words;
        context.memory.reductions = known.reductions;
        context.instruction = linker.code_place(known.site).map(|place| InstructionAddress {
            unit: place.unit,
            procedure: place.procedure,
            name: place.name,
            offset: place.offset.0,
        });
        if !known.depths.more {
            depths = known.depths;
        }
    }
    context.call_depth = depths.calls;
    context.recursion_depth = depths.recursion;
    context.is_deeper = depths.more;
    context
}
