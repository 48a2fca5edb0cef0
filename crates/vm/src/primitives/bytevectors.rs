//! Bytevectors.

use arena::{ObjectTag, Value, bytevector_words};

use super::arguments::{Arguments, arguments};
use super::bulk::{build, in_order, parts, sweep};
use super::strings::blank;
use super::{at_least, between, exactly};
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("bytevector?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Bytevector)))
    }),
    between("make-bytevector", 1, 2, make),
    at_least("bytevector", 0, bytevector),
    exactly("bytevector-length", 1, |vm, call| {
        Ok(Value::fixnum(length(arguments("bytevector-length", call).bytevector(vm, 0)?) as i64))
    }),
    exactly("bytevector-u8-ref", 2, byte_ref),
    exactly("bytevector-u8-set!", 3, byte_set),
    between("bytevector-copy", 1, 3, copy),
    between("bytevector-copy!", 3, 5, copy_into),
    at_least("bytevector-append", 0, append),
    between("bytevector-fill!", 2, 4, fill),
    between("bytevector->blob", 1, 3, blob),
    exactly("blob?", 1, |vm, call| {
        let object = vm.argument(call, 0);
        Ok(Value::boolean(object.is_reference() && object.header().is_blob()))
    }),
    between("utf8->string", 1, 3, decode),
    between("string->utf8", 1, 3, encode),
];

/// Most bytes of a bytevector.
pub(super) const LENGTH_MAX: usize = 1 << 25;

/// Bytes of a bytevector.
pub(super) fn length(bytes: Value) -> usize {
    bytes.raw(0) as usize
}

/// All bytes of a bytevector.
pub(super) fn contents<'a>(bytes: Value) -> &'a mut [u8] {
    bytes.raw_bytes(1, length(bytes))
}

/// A bytevector to be filled. Reserves.
pub(super) fn blank_bytes(vm: &mut Vm<'_>, arguments: Arguments, length: usize) -> Result<Value, Trap> {
    if length > LENGTH_MAX {
        let message = format!("{length} bytes are too many for a bytevector ({LENGTH_MAX} is the most)");
        return Err(arguments.range(&message, &[]));
    }
    let words = bytevector_words(length);
    vm.reserve_object(words)?;
    vm.charge_steps(words / 8);
    let bytes = vm.alloc(ObjectTag::Bytevector, words);
    bytes.set_raw(words - 1, 0);
    bytes.set_raw(0, length as u64);
    Ok(bytes)
}

fn make(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("make-bytevector", call);
    let byte = if call.count > 1 { arguments.byte(vm, 1)? } else { 0 };
    let make = |vm: &mut Vm<'_>| blank_bytes(vm, arguments, arguments.natural(vm, 0)?);
    build(vm, call, length, make, |_, bytes, range| {
        contents(bytes)[range].fill(byte);
        Ok(())
    })
}

fn bytevector(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector", call);
    for index in 0..call.count {
        arguments.byte(vm, index)?;
    }
    let bytes = blank_bytes(vm, arguments, call.count)?;
    for (index, byte) in contents(bytes).iter_mut().enumerate() {
        *byte = arguments.byte(vm, index)?;
    }
    Ok(bytes)
}

fn byte_ref(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-u8-ref", call);
    let bytes = arguments.bytevector(vm, 0)?;
    let index = arguments.index(vm, 1, length(bytes))?;
    Ok(Value::fixnum(i64::from(contents(bytes)[index])))
}

fn byte_set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-u8-set!", call);
    let bytes = arguments.mutable(arguments.bytevector(vm, 0)?)?;
    let index = arguments.index(vm, 1, length(bytes))?;
    contents(bytes)[index] = arguments.byte(vm, 2)?;
    Ok(Value::UNSPECIFIED)
}

fn copy(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-copy", call);
    let source = |vm: &Vm<'_>| arguments.range_from(vm, 1, length(arguments.bytevector(vm, 0)?));
    let make = |vm: &mut Vm<'_>| blank_bytes(vm, arguments, source(vm)?.len());
    build(vm, call, length, make, |vm, bytes, range| {
        let part = &contents(arguments.bytevector(vm, 0)?)[source(vm)?];
        contents(bytes)[range.clone()].copy_from_slice(&part[range]);
        Ok(())
    })
}

fn copy_into(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-copy!", call);
    let parts = |vm: &Vm<'_>| {
        let target = arguments.mutable(arguments.bytevector(vm, 0)?)?;
        let at = arguments.index(vm, 1, length(target) + 1)?;
        let source = arguments.bytevector(vm, 2)?;
        let range = arguments.range_from(vm, 3, length(source))?;
        if at + range.len() > length(target) {
            return Err(arguments.range("the bytes do not fit from this index on:", &[arguments.get(vm, 1)]));
        }
        Ok((target, at, source, range))
    };
    let count = |vm: &Vm<'_>| parts(vm).map(|(.., range)| range.len());
    sweep(vm, call, count, |vm, done| {
        let (target, at, source, range) = parts(vm)?;
        let done = in_order(done, range.len(), at > range.start);
        let from = range.start + done.start..range.start + done.end;
        if target == source {
            contents(target).copy_within(from, at + done.start);
        } else {
            contents(target)[at + done.start..at + done.end].copy_from_slice(&contents(source)[from]);
        }
        Ok(())
    })?;
    Ok(Value::UNSPECIFIED)
}

fn append(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-append", call);
    if call.count == 0 {
        return blank_bytes(vm, arguments, 0);
    }
    let make = |vm: &mut Vm<'_>| {
        let mut total = 0;
        for index in 0..call.count {
            total += length(arguments.bytevector(vm, index)?);
        }
        blank_bytes(vm, arguments, total)
    };
    build(vm, call, length, make, |vm, bytes, range| {
        let mut rest = &mut contents(bytes)[range.clone()];
        let lengths = (0..call.count).map(|index| length(vm.argument(call, index)));
        for (index, part) in parts(lengths, range) {
            let (target, after) = rest.split_at_mut(part.len());
            target.copy_from_slice(&contents(vm.argument(call, index))[part]);
            rest = after;
        }
        Ok(())
    })
}

fn fill(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector-fill!", call);
    let range = |vm: &Vm<'_>| {
        let bytes = arguments.mutable(arguments.bytevector(vm, 0)?)?;
        arguments.range_from(vm, 2, length(bytes))
    };
    let byte = arguments.byte(vm, 1)?;
    sweep(
        vm,
        call,
        |vm| range(vm).map(|range| range.len()),
        |vm, done| {
            let bytes = arguments.bytevector(vm, 0)?;
            contents(bytes)[range(vm)?][done].fill(byte);
            Ok(())
        },
    )?;
    Ok(Value::UNSPECIFIED)
}

/// `(bytevector->blob bytevector [start [end]])`.
fn blob(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("bytevector->blob", call);
    let bytes = arguments.bytevector(vm, 0)?;
    let range = arguments.range_from(vm, 1, length(bytes))?;
    if bytes.header().is_blob() && range.len() == length(bytes) {
        return Ok(bytes);
    }
    vm.charge_steps(range.len() / 64);
    vm.heap.make_blob(bytes, range, vm.state).map_err(Trap::from)
}

fn decode(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("utf8->string", call);
    let bytes = arguments.bytevector(vm, 0)?;
    let range = arguments.range_from(vm, 1, length(bytes))?;
    let text = std::str::from_utf8(&contents(bytes)[range.clone()]).map_err(|error| {
        let at = Value::fixnum((range.start + error.valid_up_to()) as i64);
        Trap::error(ErrorKind::Range, "utf8->string: the bytes are no UTF-8 from index", &[at])
    })?;
    let characters = text.chars().count();
    let string = blank(vm, arguments, characters)?;
    let bytes = &contents(vm.argument(call, 0))[range];
    for (unit, character) in string.string_units().iter_mut().zip(String::from_utf8_lossy(bytes).chars()) {
        *unit = character as u32;
    }
    Ok(string)
}

fn encode(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("string->utf8", call);
    let string = arguments.string(vm, 0)?;
    let range = arguments.range_from(vm, 1, string.string_length())?;
    let characters = string.string_units()[range].iter();
    let text: String =
        characters.map(|unit| char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let bytes = blank_bytes(vm, arguments, text.len())?;
    contents(bytes).copy_from_slice(text.as_bytes());
    Ok(bytes)
}
