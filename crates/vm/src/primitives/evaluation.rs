//! `eval`, the part that needs the compiler: environments as values, and from text to a procedure.
//!
//! 1. An environment's payload is the text of its import sets, or false for the program's own.

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::{between, exactly};
use crate::error::{ErrorKind, Trap};
use crate::host::CompileError;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("%make-environment", 1, make_environment),
    exactly("environment?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Environment)))
    }),
    between("%compile", 2, 3, compile),
    exactly("%frame-ref", 1, |vm, call| {
        let index = arguments("%frame-ref", call).natural(vm, 0)?;
        vm.frame_variable(index)
    }),
    exactly("%frame-set!", 2, |vm, call| {
        let index = arguments("%frame-set!", call).natural(vm, 0)?;
        vm.set_frame_variable(index, vm.argument(call, 1))?;
        Ok(Value::UNSPECIFIED)
    }),
];

/// Steps of native work that compiling a character takes, about.
const STEPS_PER_CHARACTER: usize = 64;

fn make_environment(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    vm.reserve_object(1)?;
    let environment = vm.alloc(ObjectTag::Environment, 1);
    environment.init_field(0, vm.argument(call, 0));
    Ok(environment)
}

/// `(%compile text environment)`: a procedure that runs the program. `(%compile text environment file)` says where the text
/// comes from.
#[optimize(size)]
fn compile(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments(if call.count > 2 { "load" } else { "eval" }, call);
    let text = arguments.string(vm, 0)?.string_text();
    let imports = arguments.object(vm, 1, ObjectTag::Environment, "an environment")?.field(0);
    let imports = imports.is_object(ObjectTag::String).then(|| imports.string_text());
    let name = match arguments.optional(vm, 2) {
        Some(_) => Some(arguments.string(vm, 2)?.string_text()),
        None => None,
    };
    vm.charge_steps(text.len() * STEPS_PER_CHARACTER);
    let compiled = vm.host.compile(&text, imports.as_deref(), name.as_deref());
    compiled.map_err(|error| match error {
        CompileError::Program(message) => {
            Trap::error(ErrorKind::Syntax, format!("{}: {message}", arguments.name), &[])
        }
        CompileError::Load(error) => error.into(),
    })
}
