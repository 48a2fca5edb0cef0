//! Procedures, multiple values, records and promises.
//!
//! 1. A record type's payload is its name, a vector of field names, and an identity that survives message copies; types of
//!    the same identity are the same. A record's payload is its type, then its fields.
//! 2. A promise's payload is one cell, a pair that several promises may share.

use arena::{ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::lists::collect;
use super::progress::PAIR_WORDS;
use super::{at_least, exactly};
use crate::code::{Code, REST};
use crate::equality::same_record_type;
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::memo::is_memoized;
use crate::print::record_type_name;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("procedure?", 1, |vm, call| {
        let tag = vm.argument(call, 0).object_tag();
        Ok(Value::boolean(matches!(tag, Some(ObjectTag::Closure | ObjectTag::Primitive))))
    }),
    exactly("procedure-arity-valid?", 2, takes),
    at_least("values", 0, values),
    exactly("%values?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Values)))),
    exactly("%values->list", 1, to_list),
    exactly("%receive-values", 3, receive_values),
    exactly("%make-record-type", 2, make_record_type),
    at_least("%make-record", 1, make_record),
    exactly("%record-ref", 3, record_ref),
    exactly("%record-set!", 4, record_set),
    exactly("%record?", 2, |vm, call| {
        Ok(Value::boolean(is_record(vm.argument(call, 0), vm.argument(call, 1))))
    }),
    exactly("memoized?", 1, |vm, call| Ok(Value::boolean(is_memoized(vm.argument(call, 0))))),
    exactly("promise?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Promise)))),
    exactly("%make-promise", 1, make_promise),
    exactly("%promise-cell", 1, |vm, call| {
        Ok(arguments("force", call).object(vm, 0, ObjectTag::Promise, "a promise")?.field(0))
    }),
    exactly("%set-promise-cell!", 2, |vm, call| {
        let promise = arguments("force", call).object(vm, 0, ObjectTag::Promise, "a promise")?;
        vm.write_field(promise, 0, vm.argument(call, 1));
        Ok(Value::UNSPECIFIED)
    }),
];

fn takes(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("procedure-arity-valid?", call);
    let (procedure, count) = (arguments.get(vm, 0), arguments.natural(vm, 1)?);
    let takes = match procedure.object_tag() {
        Some(ObjectTag::Closure) => {
            let arity = Code::of(procedure).arity;
            let required = (arity & !REST) as usize;
            count == required || count > required && arity & REST != 0
        }
        Some(ObjectTag::Primitive) => {
            let entry = &super::table()[procedure.raw(0) as usize];
            count >= usize::from(entry.min) && entry.max.is_none_or(|max| count <= usize::from(max))
        }
        _ => return Err(arguments.wrong(vm, 0, "a procedure")),
    };
    Ok(Value::boolean(takes))
}

fn values(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    if call.count == 1 {
        return Ok(vm.argument(call, 0));
    }
    vm.reserve_object(call.count)?;
    let values = vm.alloc(ObjectTag::Values, call.count);
    (0..call.count).for_each(|index| values.init_field(index, vm.argument(call, index)));
    Ok(values)
}

fn to_list(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let pack = vm.argument(call, 0);
    if !pack.is_object(ObjectTag::Values) {
        return collect(vm, call, Value::NIL, 1);
    }
    let rooted = vm.root(Value::NIL);
    for index in (0..pack.words()).rev() {
        vm.reserve(PAIR_WORDS)?;
        let list = vm.cons(vm.argument(call, 0).field(index), vm.rooted(rooted));
        vm.set_rooted(rooted, list);
    }
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    Ok(list)
}

fn receive_values(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let pack = vm.argument(call, 0);
    let given = if pack.is_object(ObjectTag::Values) { pack.words() } else { 1 };
    let wanted = arguments("call-with-values", call).natural(vm, 1)?;
    let rest = vm.argument(call, 2).is_true();
    if given < wanted || (given > wanted && !rest) {
        let least = if rest { "at least " } else { "" };
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("expected {least}{wanted} value{plural}, got {given}");
        return Err(Trap::error(ErrorKind::Arity, message, &[]));
    }
    to_list(vm, call)
}

fn make_record_type(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("define-record-type", call);
    arguments.symbol(vm, 0)?;
    arguments.vector(vm, 1)?;
    let identity = vm.host.fresh_identity();
    vm.reserve(3 + 4)?;
    let reference = vm.alloc(ObjectTag::MonitorReference, 2);
    reference.set_raw(0, identity as u64);
    reference.set_raw(1, (identity >> 64) as u64);
    let record_type = vm.alloc(ObjectTag::RecordType, 3);
    record_type.init_field(0, vm.argument(call, 0));
    record_type.init_field(1, vm.argument(call, 1));
    record_type.init_field(2, reference);
    Ok(record_type)
}

fn record_type(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Value, Trap> {
    arguments.object(vm, index, ObjectTag::RecordType, "a record type")
}

fn make_record(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let record_type = record_type(vm, arguments("make-record", call), 0)?;
    let fields = record_type.field(1).words();
    if call.count != fields + 1 {
        let name = record_type_name(record_type);
        let message = format!("{name}: expected {fields} values for a new record, got {}", call.count - 1);
        return Err(Trap::error(ErrorKind::Arity, message, &[]));
    }
    vm.reserve_object(call.count)?;
    let record = vm.alloc(ObjectTag::Record, call.count);
    (0..call.count).for_each(|index| record.init_field(index, vm.argument(call, index)));
    Ok(record)
}

fn is_record(value: Value, record_type: Value) -> bool {
    value.is_object(ObjectTag::Record)
        && record_type.is_object(ObjectTag::RecordType)
        && same_record_type(value.field(0), record_type)
}

/// The record and the payload word of its field.
fn record_field(vm: &Vm<'_>, arguments: Arguments) -> Result<(Value, usize), Trap> {
    let (record, wanted) = (arguments.get(vm, 0), record_type(vm, arguments, 1)?);
    if !is_record(record, wanted) {
        let name = record_type_name(wanted);
        // The accessor or modifier that asks.
        let asking = &*vm.state.running_code().name;
        let asking = if asking.is_empty() { name } else { asking };
        return Err(Trap::wrong_type(asking, 0, &format!("a record of type {name}"), record));
    }
    Ok((record, 1 + arguments.index(vm, 2, record.words() - 1)?))
}

fn record_ref(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (record, field) = record_field(vm, arguments("record-ref", call))?;
    Ok(record.field(field))
}

fn record_set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let (record, field) = record_field(vm, arguments("record-set!", call))?;
    vm.write_field(record, field, vm.argument(call, 3));
    Ok(Value::UNSPECIFIED)
}

fn make_promise(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    arguments("make-promise", call).pair(vm, 0)?;
    vm.reserve(2)?;
    let promise = vm.alloc(ObjectTag::Promise, 1);
    promise.init_field(0, vm.argument(call, 0));
    Ok(promise)
}
