//! Interruptions: an actor at rest between two slices is made to run something else, and goes on afterwards as if nothing
//! had happened. This is how a person asks a live actor.
//!
//! 1. What the actor was doing is put aside whole: stack, registers, and the receive that it was in. Heap, globals and
//!    mailbox stay its own, so that the question sees them and may change them.
//! 2. What was put aside is a root like the stack itself, at the length that its frame had.
//! 3. One interruption at a time.

use arena::{ObjectTag, Value, Visitor};

use crate::debug::{Home, HomePlace, VariableView};
use crate::error::{ErrorKind, Trap};
use crate::library::Library;
use crate::machine::{Machine, STACK_WORDS_MIN, Vm};
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
    /// Variables of one of its frames that the question may read and set.
    variables: Vec<Home>,
}

impl Interrupted {
    pub(crate) fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(&mut self.stack);
        visitor.value(&mut self.under.segment);
        visitor.value(&mut self.dynamic);
        visitor.value(&mut self.arithmetic);
        for home in &mut self.variables {
            if let HomePlace::Object { holder, .. } = &mut home.place {
                visitor.value(holder);
            }
        }
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        let holders = self.variables.iter().filter_map(|home| match home.place {
            HomePlace::Object { holder, .. } => Some(holder),
            HomePlace::Stack { .. } => None,
        });
        let registers = [self.under.segment, self.dynamic, self.arithmetic];
        self.stack.iter().copied().chain(registers).chain(holders)
    }
}

impl Interrupted {
    fn held(&self, home: Home) -> Option<Value> {
        match home.place {
            HomePlace::Stack { index, .. } => self.stack.get(index).copied(),
            HomePlace::Object { holder, index } => Some(holder.field(index)),
        }
    }
}

/// There is no such variable: nobody asks, or no frame was meant.
fn no_variable() -> Trap {
    Trap::error(ErrorKind::Range, "there is no frame of a debugger with that variable", &[])
}

impl Vm<'_> {
    /// The value of a variable of the frame that the question is about.
    pub(crate) fn frame_variable(&self, index: usize) -> Result<Value, Trap> {
        let interrupted = self.state.interrupted.as_ref().ok_or_else(no_variable)?;
        let home = *interrupted.variables.get(index).ok_or_else(no_variable)?;
        let held = interrupted.held(home).ok_or_else(no_variable)?;
        Ok(if home.is_boxed && held.is_object(ObjectTag::Box) { held.field(0) } else { held })
    }

    /// Sets a variable of the frame that the question is about.
    pub(crate) fn set_frame_variable(&mut self, index: usize, value: Value) -> Result<(), Trap> {
        let interrupted = self.state.interrupted.as_mut().ok_or_else(no_variable)?;
        let home = *interrupted.variables.get(index).ok_or_else(no_variable)?;
        let held = interrupted.held(home).ok_or_else(no_variable)?;
        match home.place {
            _ if home.is_boxed && held.is_object(ObjectTag::Box) => self.heap.write(held, 0, value),
            HomePlace::Stack { index, .. } => interrupted.stack[index] = value,
            // A closure that captures nothing is shared, and frames that were left may be gone back to several times.
            HomePlace::Object { holder, index }
                if holder.is_object(ObjectTag::Closure) && !holder.header().is_shared() =>
            {
                self.heap.write(holder, index, value);
            }
            HomePlace::Object { .. } => {
                let text = "the variable is in a frame that cannot be changed any more; nothing in the program sets it";
                return Err(Trap::error(ErrorKind::Literal, text, &[]));
            }
        }
        Ok(())
    }
}

impl Machine {
    /// Makes the machine run `thunk`, a shared closure, before it goes on. `false` if it is interrupted already. The thunk may
    /// read and set `variables` of a frame, by their places here: `(%frame-ref 0)`.
    pub fn interrupt(&mut self, library: &Library, thunk: Value, variables: &[VariableView]) -> bool {
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
            variables: variables.iter().map(|variable| variable.home).collect(),
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
        let Interrupted { mut stack, length, fp, pc, under, dynamic, arithmetic, arguments_end, .. } =
            *before;
        stack.resize(length, Value::ZERO);
        (state.stack, state.fp, state.pc, state.under) = (stack, fp, pc, under);
        (state.dynamic, state.arithmetic, state.arguments_end) = (dynamic, arithmetic, arguments_end);
        state.mailbox.go_on();
    }
}
