//! Reading from ports.

use arena::Value;

use super::arguments::{Arguments, arguments};
use super::between;
use super::bytevectors::{blank_bytes, contents, length};
use super::ports::{PortKind, buffer, is_open_port, open_port, position, redirected, set_position};
use super::strings::{blank, character_at};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    between("read-char", 0, 1, |vm, call| character(vm, arguments("read-char", call), true)),
    between("peek-char", 0, 1, |vm, call| character(vm, arguments("peek-char", call), false)),
    between("char-ready?", 0, 1, |vm, call| {
        source(vm, arguments("char-ready?", call), 0, false)?;
        Ok(Value::TRUE)
    }),
    between("read-line", 0, 1, read_line),
    between("read-string", 1, 2, read_string),
    between("read-u8", 0, 1, |vm, call| byte(vm, arguments("read-u8", call), true)),
    between("peek-u8", 0, 1, |vm, call| byte(vm, arguments("peek-u8", call), false)),
    between("u8-ready?", 0, 1, |vm, call| {
        source(vm, arguments("u8-ready?", call), 0, true)?;
        Ok(Value::TRUE)
    }),
    between("read-bytevector", 1, 2, read_bytes),
];

/// The port in argument `index`, or the current one, if there is anything to read from.
fn source(vm: &Vm<'_>, arguments: Arguments, index: usize, binary: bool) -> Result<Option<Value>, Trap> {
    let port = match arguments.optional(vm, index) {
        None => match redirected(vm, "input") {
            Some(port) => check_source(arguments, port, binary).map(|()| port)?,
            None => return Ok(None),
        },
        Some(_) if binary => {
            open_port(vm, arguments, index, "a binary input port", |kind| kind == PortKind::BytesInput)?
        }
        Some(_) => {
            let suits = |kind: PortKind| kind.is_input() && !kind.is_binary();
            open_port(vm, arguments, index, "a textual input port", suits)?
        }
    };
    Ok((PortKind::of(port) != PortKind::NoInput).then_some(port))
}

/// Can the current input port be read like this?
fn check_source(arguments: Arguments, port: Value, binary: bool) -> Result<(), Trap> {
    let kind = PortKind::of(port);
    if !is_open_port(port) {
        return Err(arguments.range("the current input port is closed:", &[port]));
    }
    match kind == PortKind::NoInput || kind.is_input() && kind.is_binary() == binary {
        true => Ok(()),
        false if binary => Err(arguments.range("the current input port is not a binary one:", &[port])),
        false => Err(arguments.range("the current input port is not a textual one:", &[port])),
    }
}

fn character(vm: &Vm<'_>, arguments: Arguments, take: bool) -> Result<Value, Trap> {
    let Some(port) = source(vm, arguments, 0, false)? else { return Ok(Value::EOF) };
    let at = position(port);
    if at >= buffer(port).string_length() {
        return Ok(Value::EOF);
    }
    if take {
        set_position(port, at + 1);
    }
    Ok(character_at(buffer(port), at))
}

fn byte(vm: &Vm<'_>, arguments: Arguments, take: bool) -> Result<Value, Trap> {
    let Some(port) = source(vm, arguments, 0, true)? else { return Ok(Value::EOF) };
    let at = position(port);
    let Some(byte) = contents(buffer(port)).get(at).copied() else { return Ok(Value::EOF) };
    if take {
        set_position(port, at + 1);
    }
    Ok(Value::fixnum(i64::from(byte)))
}

/// Characters of `port` from the position to `end`, after which the port goes on at `next`.
fn take_text(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    port: Value,
    end: usize,
    next: usize,
) -> Result<Value, Trap> {
    let at = position(port);
    let rooted = vm.root(port);
    let string = blank(vm, arguments, end - at)?;
    let port = vm.rooted(rooted);
    vm.unroot(rooted);
    string.string_units().copy_from_slice(&buffer(port).string_units()[at..end]);
    set_position(port, next);
    Ok(string)
}

fn read_line(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("read-line", call);
    let Some(port) = source(vm, arguments, 0, false)? else { return Ok(Value::EOF) };
    let (at, units) = (position(port), buffer(port).string_units());
    if at >= units.len() {
        return Ok(Value::EOF);
    }
    match units[at..].iter().position(|unit| *unit == u32::from('\n')) {
        Some(distance) => take_text(vm, arguments, port, at + distance, at + distance + 1),
        None => take_text(vm, arguments, port, units.len(), units.len()),
    }
}

fn read_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("read-string", call);
    let count = arguments.natural(vm, 0)?;
    let Some(port) = source(vm, arguments, 1, false)? else { return Ok(Value::EOF) };
    let (at, end) = (position(port), buffer(port).string_length());
    if at >= end && count > 0 {
        return Ok(Value::EOF);
    }
    let to = end.min(at.saturating_add(count));
    take_text(vm, arguments, port, to, to)
}

fn read_bytes(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("read-bytevector", call);
    let count = arguments.natural(vm, 0)?;
    let Some(port) = source(vm, arguments, 1, true)? else { return Ok(Value::EOF) };
    let (at, end) = (position(port), length(buffer(port)));
    if at >= end && count > 0 {
        return Ok(Value::EOF);
    }
    let to = end.min(at.saturating_add(count));
    let rooted = vm.root(port);
    let bytes = blank_bytes(vm, arguments, to - at)?;
    let port = vm.rooted(rooted);
    vm.unroot(rooted);
    contents(bytes).copy_from_slice(&contents(buffer(port))[at..to]);
    set_position(port, to);
    Ok(bytes)
}
