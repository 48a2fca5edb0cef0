//! Conditions: what programs and the machine raise.
//!
//! 1. An error object's payload is its kind (a symbol), message, list of irritants, and trace.

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::exactly;
use crate::capability::CapabilityKind;
use crate::debug::EventKind;
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::print;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("%make-error", 3, make),
    exactly("condition-kind", 1, |vm, call| field(vm, call, "condition-kind", 0)),
    exactly("error-object?", 1, is_error),
    exactly("error?", 1, is_error),
    exactly("condition?", 1, is_error),
    exactly("error-object-message", 1, |vm, call| field(vm, call, "error-object-message", 1)),
    exactly("error-message", 1, |vm, call| field(vm, call, "error-message", 1)),
    exactly("error-object-irritants", 1, |vm, call| field(vm, call, "error-object-irritants", 2)),
    exactly("error-irritants", 1, |vm, call| field(vm, call, "error-irritants", 2)),
    exactly("error-message-string", 1, report),
    exactly("condition/report-string", 1, report),
    exactly("file-error?", 1, is_file_error),
    exactly("read-error?", 1, |vm, call| is_of_kind(vm, call, ErrorKind::Read)),
    exactly("%raised", 2, raised),
    exactly("%uncaught", 1, |vm, call| Err(Trap::Exit { reason: vm.argument(call, 0), failed: true })),
];

/// An object is being raised; argument 1 is what begins with the handler that will get it.
fn raised(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    if vm.is_watched() {
        if vm.argument(call, 1) == Value::NIL {
            vm.event(EventKind::Uncaught)?;
        }
        vm.event(EventKind::Raise)?;
    }
    Ok(Value::UNSPECIFIED)
}

fn make(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    arguments("error", call).symbol(vm, 0)?;
    vm.reserve(5)?;
    let condition = vm.alloc(ObjectTag::ErrorObject, 4);
    (0..3).for_each(|index| condition.init_field(index, vm.argument(call, index)));
    condition.init_field(3, Value::FALSE);
    Ok(condition)
}

fn is_error(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::ErrorObject)))
}

fn field(vm: &Vm<'_>, call: Call, name: &'static str, index: usize) -> Result<Value, Trap> {
    Ok(arguments(name, call).object(vm, 0, ObjectTag::ErrorObject, "an error object")?.field(index))
}

fn is_of_kind(vm: &Vm<'_>, call: Call, kind: ErrorKind) -> Result<Value, Trap> {
    Ok(Value::boolean(kind.is_of(vm.argument(call, 0))))
}

/// A failure of a file, or a denial that is about one.
fn is_file_error(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let condition = vm.argument(call, 0);
    let about = ErrorKind::Denied.is_of(condition).then(|| condition.field(2));
    let denied = about.is_some_and(|about| {
        about.is_pair()
            && about.car().is_object(ObjectTag::Symbol)
            && CapabilityKind::named(about.car().symbol_text()).is_some_and(CapabilityKind::is_file)
    });
    Ok(Value::boolean(denied || ErrorKind::File.is_of(condition)))
}

fn report(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let text = print::report(vm.argument(call, 0));
    vm.make_string(&text)
}
