//! Where a machine holds values: its roots, each with the place where it stands.
//!
//! 1. They are those that a collection is shown, and in one order: globals by slot, frames from the innermost out,
//!    registers, what native code holds, messages. So equal states have equal roots; and a way from a root begins at a
//!    global variable if a shortest one does.

use arena::{Root, Value};

use crate::code::Code;
use crate::library::Linker;
use crate::machine::{Machine, State};
use crate::stack::base_before;

/// Where a root stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RootPlace<'a> {
    /// The closure that a frame runs.
    Running(&'a Code),
    /// A slot of a frame.
    Slot(&'a Code, usize),
    /// Frames that have left the stack.
    Sealed,
    /// Handlers, winds, parameters.
    Dynamic,
    /// What the actor began with.
    Capabilities,
    /// The list that is being applied.
    Applied,
    /// Arithmetic under way.
    Arithmetic,
    /// A word of a stack that a question interrupted.
    Aside(usize),
    /// A global variable.
    Global(u32),
    /// Native code holds it.
    Temporary,
    /// A message that `receive` has looked at.
    Message(usize),
}

/// The innermost frame first: its code, its slot 0, and one past its last word.
#[optimize(size)]
fn frames(state: &State) -> impl Iterator<Item = (&Code, usize, usize)> {
    let mut next = Some((state.fp, state.frame_end()));
    std::iter::from_fn(move || {
        let (fp, end) = next?;
        let code = Code::of(state.stack[fp - 1]);
        next = (fp > 1).then(|| {
            let back = state.stack[fp + code.parameters as usize].bits() as usize as *const u64;
            (fp - base_before(back), fp - 1)
        });
        Some((code, fp, end))
    })
}

impl State {
    /// Calls `visit` with every root.
    #[optimize(size)]
    pub(crate) fn each_root<'a>(&'a self, visit: &mut dyn FnMut(Value, RootPlace<'a>)) {
        for (slot, value) in self.globals.values().iter().enumerate() {
            visit(*value, RootPlace::Global(slot as u32));
        }
        for (code, fp, end) in frames(self) {
            visit(self.stack[fp - 1], RootPlace::Running(code));
            let leftover = self.leftover_word();
            for (slot, value) in self.stack[fp..end].iter().enumerate() {
                let value = if leftover == Some(fp + slot) { Value::ZERO } else { *value };
                visit(value, RootPlace::Slot(code, slot));
            }
        }
        visit(self.under.segment, RootPlace::Sealed);
        visit(self.dynamic, RootPlace::Dynamic);
        visit(self.capabilities, RootPlace::Capabilities);
        visit(self.applied, RootPlace::Applied);
        visit(self.arithmetic, RootPlace::Arithmetic);
        let aside = self.interrupted.iter().flat_map(|interrupted| interrupted.values());
        aside.enumerate().for_each(|(index, value)| visit(value, RootPlace::Aside(index)));
        self.temporaries.iter().for_each(|value| visit(*value, RootPlace::Temporary));
        for (index, waiting) in self.mailbox.iter().enumerate() {
            if let Some(value) = waiting.value() {
                visit(value, RootPlace::Message(index));
            }
        }
    }
}

fn name_of(code: &Code) -> &str {
    match &*code.name {
        _ if code.internal => "the machine",
        "" if code.procedure == 0 => "the program",
        "" => "a procedure",
        name => name,
    }
}

impl RootPlace<'_> {
    #[optimize(size)]
    fn describe(self, linker: &Linker) -> String {
        match self {
            RootPlace::Running(code) => format!("stack, {} as it runs", name_of(code)),
            RootPlace::Slot(code, slot) => match variable(code, slot, linker) {
                Some(variable) => format!("stack, {variable} of {}", name_of(code)),
                None => format!("stack, slot {slot} of {}", name_of(code)),
            },
            RootPlace::Sealed => "stack, frames further out".to_string(),
            RootPlace::Dynamic => "handlers, winds and parameters".to_string(),
            RootPlace::Capabilities => "capabilities".to_string(),
            RootPlace::Applied => "arguments of apply".to_string(),
            RootPlace::Arithmetic => "arithmetic under way".to_string(),
            RootPlace::Aside(index) => format!("stack put aside for a question, word {index}"),
            RootPlace::Global(slot) => format!("global {}", linker.global_name(slot).unwrap_or("?")),
            RootPlace::Temporary => "temporary of the machine".to_string(),
            RootPlace::Message(index) => format!("mailbox, message {}", index + 1),
        }
    }
}

/// The name of the argument that a slot holds. Other slots hold one thing after another.
#[optimize(size)]
fn variable(code: &Code, slot: usize, linker: &Linker) -> Option<String> {
    if code.internal || slot >= code.parameters as usize {
        return None;
    }
    let unit = linker.unit(code.unit)?;
    let variables = &unit.program.procedures.get(code.procedure as usize)?.variables;
    variables.iter().find(|variable| usize::from(variable.slot) == slot).map(|variable| variable.name.clone())
}

impl State {
    /// The roots that refer to objects, each with where it stands.
    #[optimize(size)]
    pub(crate) fn roots(&self, linker: &Linker) -> Vec<Root> {
        let mut roots = Vec::new();
        self.each_root(&mut |value, place| {
            if value.is_reference() {
                roots.push(Root { value, description: place.describe(linker) });
            }
        });
        roots
    }
}

impl Machine {
    /// The values of the actor's roots, for the heap map.
    pub fn root_values(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.state.each_root(&mut |value, _| values.push(value));
        values
    }

    /// The roots that refer to objects, each with where it stands.
    pub fn roots(&self, linker: &Linker) -> Vec<Root> {
        self.state.roots(linker)
    }
}
