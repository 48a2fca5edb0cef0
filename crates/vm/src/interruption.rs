//! Interruptions: an actor at rest between two slices is made to run something else, and goes on afterwards as if nothing
//! had happened. This is how a person asks a live actor.
//!
//! 1. What the actor was doing is put aside whole: stack, registers, and the receive that it was in. Heap, globals and
//!    mailbox stay its own, so that the question sees them and may change them.
//! 2. What was put aside is a root like the stack itself, at the length that its frame had.
//! 3. One interruption at a time.

use arena::{Value, Visitor};

use crate::library::Library;
use crate::machine::{Machine, STACK_WORDS_MIN};
use crate::stack::Under;

/// The registers and the stack of an actor that was interrupted.
#[derive(Debug)]
pub(crate) struct Interrupted {
    /// As far as its running frame goes.
    stack: Vec<Value>,
    /// Words that the stack had.
    length: usize,
    fp: usize,
    pc: *const u64,
    pub(crate) under: Under,
    dynamic: Value,
    arithmetic: Value,
    arguments_end: usize,
}

impl Interrupted {
    pub(crate) fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(&mut self.stack);
        visitor.value(&mut self.under.segment);
        visitor.value(&mut self.dynamic);
        visitor.value(&mut self.arithmetic);
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        self.stack.iter().copied().chain([self.under.segment, self.dynamic, self.arithmetic])
    }
}

impl Machine {
    /// Makes the machine run `thunk`, a shared closure, before it goes on. `false` if it is interrupted already.
    pub fn interrupt(&mut self, library: &Library, thunk: Value) -> bool {
        let state = &mut self.state;
        if state.interrupted.is_some() {
            return false;
        }
        let end = state.frame_end();
        let mut stack = std::mem::replace(&mut state.stack, vec![Value::ZERO; STACK_WORDS_MIN]);
        let length = stack.len();
        stack.truncate(end);
        state.interrupted = Some(Box::new(Interrupted {
            stack,
            length,
            fp: state.fp,
            pc: state.pc,
            under: state.under,
            dynamic: state.dynamic,
            arithmetic: std::mem::replace(&mut state.arithmetic, Value::UNBOUND),
            arguments_end: std::mem::take(&mut state.arguments_end),
        }));
        state.mailbox.interrupt();
        state.boot(library, thunk);
        true
    }

    /// It runs, or has just run, what interrupted it.
    pub fn is_interrupted(&self) -> bool {
        self.state.interrupted.is_some()
    }

    /// Leaves what interrupted it, wherever that is, and goes on with what it did before.
    pub fn go_on(&mut self) {
        let state = &mut self.state;
        let Some(before) = state.interrupted.take() else { return };
        let Interrupted { mut stack, length, fp, pc, under, dynamic, arithmetic, arguments_end } = *before;
        stack.resize(length, Value::ZERO);
        (state.stack, state.fp, state.pc, state.under) = (stack, fp, pc, under);
        (state.dynamic, state.arithmetic, state.arguments_end) = (dynamic, arithmetic, arguments_end);
        state.mailbox.go_on();
    }
}
