//! Conditions: what programs and the machine raise.
//!
//! 1. An error object's payload is its kind (a symbol), message, list of irritants, and context ([`crate::context`]).

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::exactly;
use crate::capability::CapabilityKind;
use crate::context::{CONTEXT_FIELD, CodePlace, ErrorContext, Particulars};
use crate::debug::{EventKind, type_name};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::print;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("%make-error", 3, make),
    exactly("condition-kind", 1, |vm, call| field(vm, call, "condition-kind", 0)),
    exactly("%condition-context", 1, context),
    exactly("%type-blame", 5, blame),
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
    let context = vm.new_context()?;
    let context = vm.root(context);
    vm.reserve(5)?;
    let condition = vm.alloc(ObjectTag::ErrorObject, 4);
    (0..3).for_each(|index| condition.init_field(index, vm.argument(call, index)));
    condition.init_field(CONTEXT_FIELD, vm.rooted(context));
    Ok(condition)
}

/// What a condition knows, as a vector that `conditions.scm` takes apart: operation, operand, expected, actual, the actual
/// value's type, procedure, unit, index and offset of the code, file, line, column, call depth, recursion depth, words of
/// stack, reductions, limit, attempted. What is not known is `#f`.
#[optimize(size)]
fn context(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    const PARTS: usize = 18;
    let condition =
        arguments("condition-context", call).object(vm, 0, ObjectTag::ErrorObject, "an error object")?;
    let Some(known) = ErrorContext::of(condition) else { return Ok(Value::FALSE) };
    let place = vm.host.code_place(known.site);
    let has_actual = known.actual.is_some();
    let type_name = known.actual.map(type_name);
    // Texts first: making them may move the condition.
    let mut texts = [Value::FALSE; 5];
    let file = place.as_ref().map(|place| place.file.clone()).filter(|file| !file.is_empty());
    let name = place.as_ref().map(|place| place.name.clone()).filter(|name| !name.is_empty());
    let symbols = [known.operation.clone(), type_name.map(str::to_string), name];
    let first = vm.root(Value::FALSE);
    for text in symbols {
        let value = text.map_or(Ok(Value::FALSE), |text| vm.make_symbol(&text))?;
        vm.root(value);
    }
    for text in [known.expected.clone(), file] {
        let value = text.map_or(Ok(Value::FALSE), |text| vm.make_string(&text))?;
        vm.root(value);
    }
    vm.reserve_object(PARTS)?;
    for (index, text) in texts.iter_mut().enumerate() {
        *text = vm.rooted(first + 1 + index);
    }
    let [operation, type_name, name, expected, file] = texts;
    vm.unroot(first);
    // Where it is now.
    let actual = ErrorContext::of(vm.argument(call, 0)).and_then(|known| known.actual);
    let number = |number: Option<u64>| number.map_or(Value::FALSE, |number| Value::fixnum(number as i64));
    let at = |part: fn(&CodePlace) -> u32| number(place.as_ref().map(|place| part(place).into()));
    let in_file = |part: fn(&CodePlace) -> u32| if file == Value::FALSE { file } else { at(part) };
    let parts: [Value; PARTS] = [
        operation,
        number(known.operand.map(u64::from)),
        expected,
        actual.filter(|_| has_actual).unwrap_or(Value::FALSE),
        type_name,
        name,
        at(|place| place.unit),
        at(|place| place.procedure),
        at(|place| place.offset.0),
        file,
        in_file(|place| place.span.line),
        in_file(|place| place.span.column),
        number(Some(known.depths.calls)),
        number(Some(known.depths.recursion)),
        number(Some(known.stack_words)),
        number(Some(known.reductions)),
        number(known.bound.map(|(limit, _)| limit)),
        number(known.bound.map(|(_, attempted)| attempted)),
    ];
    let vector = vm.alloc(ObjectTag::Vector, PARTS);
    parts.into_iter().enumerate().for_each(|(index, part)| vector.init_field(index, part));
    Ok(vector)
}

/// Raises that a value is not of its declared type.
#[cold]
fn blame(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("declared type", call);
    let name = arguments.symbol(vm, 0)?.symbol_text().to_string();
    let which = arguments.natural(vm, 1)?;
    let expected = arguments.string(vm, 2)?.string_text();
    let line = arguments.natural(vm, 4)?;
    let part = match which {
        0 => String::new(),
        1 => " as its result".to_string(),
        position => format!(" as argument {}", position - 1),
    };
    let message = format!("{name}: expected {expected}{part} (declared in line {line}), got");
    Err(Trap::error(ErrorKind::Type, message, &[vm.argument(call, 3)]).with(Particulars {
        operation: Some(name.into()),
        operand: which.saturating_sub(1) as u32,
        expected: Some(expected.into()),
        blames_caller: which > 1,
        ..Particulars::default()
    }))
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
