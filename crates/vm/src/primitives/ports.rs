//! Ports: strings and bytevectors as sources and sinks, and the actor's own output. Those to files are in [`super::files`].
//!
//! 1. A port's payload is its kind, buffer, position, whether it is open, and whether `read` folds the case of symbols. Of a sink, the position is how much of the
//!    buffer is in use; of a source, where the next read begins.
//! 2. The dynamic state says where output goes: its first entry `#(output port)`; without one, to the actor's own. Likewise
//!    `#(error port)` and `#(input port)`; there is no input but from ports that a program has made.

use arena::{ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::bulk::build;
use super::bytevectors::{blank_bytes, contents, length};
use super::exactly;
use super::strings::blank;
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("port?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Port)))),
    exactly("input-port?", 1, |vm, call| is(vm, call, PortKind::is_input)),
    exactly("output-port?", 1, |vm, call| is(vm, call, |kind| !kind.is_input())),
    exactly("textual-port?", 1, |vm, call| is(vm, call, |kind| !kind.is_binary())),
    exactly("binary-port?", 1, |vm, call| is(vm, call, PortKind::is_binary)),
    exactly("input-port-open?", 1, |vm, call| is_open(vm, call, "input-port-open?", true)),
    exactly("output-port-open?", 1, |vm, call| is_open(vm, call, "output-port-open?", false)),
    exactly("open-input-string", 1, |vm, call| {
        arguments("open-input-string", call).string(vm, 0)?;
        let source = vm.argument(call, 0);
        make(vm, PortKind::StringInput, source)
    }),
    exactly("open-input-bytevector", 1, |vm, call| {
        arguments("open-input-bytevector", call).bytevector(vm, 0)?;
        let source = vm.argument(call, 0);
        make(vm, PortKind::BytesInput, source)
    }),
    exactly("open-output-string", 0, |vm, _| make(vm, PortKind::StringOutput, Value::NIL)),
    exactly("open-output-bytevector", 0, |vm, _| make(vm, PortKind::BytesOutput, Value::NIL)),
    exactly("get-output-string", 1, get_string),
    exactly("get-output-bytevector", 1, get_bytes),
    exactly("current-output-port", 0, |vm, _| match redirected(vm, "output") {
        Some(port) => Ok(port),
        None => make(vm, PortKind::Console, Value::NIL),
    }),
    exactly("current-error-port", 0, |vm, _| match redirected(vm, "error") {
        Some(port) => Ok(port),
        None => make(vm, PortKind::Console, Value::NIL),
    }),
    exactly("current-input-port", 0, |vm, _| match redirected(vm, "input") {
        Some(port) => Ok(port),
        None => make(vm, PortKind::NoInput, Value::NIL),
    }),
    exactly("%port-folds-case?", 1, |vm, call| {
        Ok(arguments("read", call).object(vm, 0, ObjectTag::Port, "a port")?.field(FOLDS_CASE))
    }),
    exactly("%set-port-folds-case!", 2, |vm, call| {
        let port = arguments("read", call).object(vm, 0, ObjectTag::Port, "a port")?;
        port.init_field(FOLDS_CASE, vm.argument(call, 1));
        Ok(Value::UNSPECIFIED)
    }),
    exactly("eof-object", 0, |_, _| Ok(Value::EOF)),
    exactly("eof-object?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0) == Value::EOF))),
];

const KIND: usize = 0;
const BUFFER: usize = 1;
const POSITION: usize = 2;
const OPEN: usize = 3;
const FOLDS_CASE: usize = 4;
const PORT_WORDS: usize = 5;

/// What a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortKind {
    /// The actor's output.
    Console,
    /// A source that is at its end.
    NoInput,
    StringInput,
    StringOutput,
    BytesInput,
    BytesOutput,
    /// A file that text is written to.
    FileText,
    /// A file that bytes are written to.
    FileBytes,
}

const KINDS: [PortKind; 8] = [
    PortKind::Console,
    PortKind::NoInput,
    PortKind::StringInput,
    PortKind::StringOutput,
    PortKind::BytesInput,
    PortKind::BytesOutput,
    PortKind::FileText,
    PortKind::FileBytes,
];

impl PortKind {
    pub(super) fn of(port: Value) -> PortKind {
        KINDS[port.field(KIND).as_fixnum() as usize]
    }

    pub(super) fn is_input(self) -> bool {
        matches!(self, PortKind::NoInput | PortKind::StringInput | PortKind::BytesInput)
    }

    pub(super) fn is_binary(self) -> bool {
        matches!(self, PortKind::BytesInput | PortKind::BytesOutput | PortKind::FileBytes)
    }

    pub(super) fn is_file(self) -> bool {
        matches!(self, PortKind::FileText | PortKind::FileBytes)
    }
}

/// A new port over `buffer`. Reserves.
pub(super) fn make(vm: &mut Vm<'_>, kind: PortKind, buffer: Value) -> Result<Value, Trap> {
    let rooted = vm.root(buffer);
    vm.reserve_object(PORT_WORDS)?;
    let port = vm.alloc(ObjectTag::Port, PORT_WORDS);
    port.init_field(KIND, Value::fixnum(kind as i64));
    port.init_field(BUFFER, vm.rooted(rooted));
    port.init_field(POSITION, Value::ZERO);
    port.init_field(OPEN, Value::TRUE);
    port.init_field(FOLDS_CASE, Value::FALSE);
    vm.unroot(rooted);
    Ok(port)
}

/// The port that the dynamic state names as `direction`: input, output or error.
pub(super) fn redirected(vm: &Vm<'_>, direction: &str) -> Option<Value> {
    let mut state = vm.dynamic_state();
    while state.is_pair() {
        let entry = state.car();
        if entry.is_object(ObjectTag::Vector)
            && entry.words() == 2
            && entry.field(0).is_object(ObjectTag::Symbol)
            && entry.field(0).symbol_text() == direction
        {
            let port = entry.field(1);
            let is_own = port.is_object(ObjectTag::Port) && PortKind::of(port) != PortKind::Console;
            return is_own.then_some(port);
        }
        state = state.cdr();
    }
    None
}

pub(super) fn is_open_port(port: Value) -> bool {
    port.field(OPEN) == Value::TRUE
}

pub(super) fn buffer(port: Value) -> Value {
    port.field(BUFFER)
}

pub(super) fn position(port: Value) -> usize {
    port.field(POSITION).as_fixnum() as usize
}

pub(super) fn set_position(port: Value, position: usize) {
    port.init_field(POSITION, Value::fixnum(position as i64));
}

/// Argument `index` as an open port of a kind that `suits`.
pub(super) fn open_port(
    vm: &Vm<'_>,
    arguments: Arguments,
    index: usize,
    expected: &str,
    suits: fn(PortKind) -> bool,
) -> Result<Value, Trap> {
    let port = arguments.object(vm, index, ObjectTag::Port, expected)?;
    if !suits(PortKind::of(port)) {
        return Err(arguments.wrong(vm, index, expected));
    }
    if !is_open_port(port) {
        return Err(arguments.range("the port is closed:", &[port]));
    }
    Ok(port)
}

/// Makes room for `more` characters in the string port kept at `rooted`. Reserves.
pub(super) fn make_string_room(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    rooted: usize,
    more: usize,
) -> Result<(), Trap> {
    let port = vm.rooted(rooted);
    let (used, old) = (position(port), buffer(port));
    let capacity = if old == Value::NIL { 0 } else { old.string_length() };
    if used + more <= capacity {
        return Ok(());
    }
    let wanted = (capacity * 2).clamp(16, super::strings::LENGTH_MAX).max(used + more);
    let fresh = blank(vm, arguments, wanted)?;
    let port = vm.rooted(rooted);
    let units = fresh.string_units();
    if used > 0 {
        units[..used].copy_from_slice(&buffer(port).string_units()[..used]);
    }
    units[used..].fill(0);
    vm.write_field(port, BUFFER, fresh);
    Ok(())
}

/// The same for bytes.
pub(super) fn make_bytes_room(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    rooted: usize,
    more: usize,
) -> Result<(), Trap> {
    let port = vm.rooted(rooted);
    let (used, old) = (position(port), buffer(port));
    let capacity = if old == Value::NIL { 0 } else { super::bytevectors::length(old) };
    if used + more <= capacity {
        return Ok(());
    }
    let wanted = (capacity * 2).clamp(16, super::bytevectors::LENGTH_MAX).max(used + more);
    let fresh = blank_bytes(vm, arguments, wanted)?;
    let port = vm.rooted(rooted);
    let bytes = contents(fresh);
    if used > 0 {
        bytes[..used].copy_from_slice(&contents(buffer(port))[..used]);
    }
    bytes[used..].fill(0);
    vm.write_field(port, BUFFER, fresh);
    Ok(())
}

fn is(vm: &Vm<'_>, call: Call, holds: fn(PortKind) -> bool) -> Result<Value, Trap> {
    let port = vm.argument(call, 0);
    Ok(Value::boolean(port.is_object(ObjectTag::Port) && holds(PortKind::of(port))))
}

fn is_open(vm: &Vm<'_>, call: Call, name: &'static str, input: bool) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let expected = if input { "an input port" } else { "an output port" };
    let port = arguments.object(vm, 0, ObjectTag::Port, expected)?;
    if PortKind::of(port).is_input() != input {
        return Err(arguments.wrong(vm, 0, expected));
    }
    Ok(port.field(OPEN))
}

pub(super) fn close_port(port: Value) {
    port.init_field(OPEN, Value::FALSE);
}

fn sink(vm: &Vm<'_>, arguments: Arguments, kind: PortKind, expected: &str) -> Result<Value, Trap> {
    let port = arguments.object(vm, 0, ObjectTag::Port, expected)?;
    if PortKind::of(port) == kind { Ok(port) } else { Err(arguments.wrong(vm, 0, expected)) }
}

fn get_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("get-output-string", call);
    let make = |vm: &mut Vm<'_>| {
        let used = position(sink(vm, arguments, PortKind::StringOutput, "a string output port")?);
        blank(vm, arguments, used)
    };
    build(vm, call, Value::string_length, make, |vm, string, range| {
        if !range.is_empty() {
            let written = &buffer(vm.argument(call, 0)).string_units()[range.clone()];
            string.string_units()[range].copy_from_slice(written);
        }
        Ok(())
    })
}

fn get_bytes(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("get-output-bytevector", call);
    let make = |vm: &mut Vm<'_>| {
        let used = position(sink(vm, arguments, PortKind::BytesOutput, "a bytevector output port")?);
        blank_bytes(vm, arguments, used)
    };
    build(vm, call, length, make, |vm, bytes, range| {
        if !range.is_empty() {
            let written = &contents(buffer(vm.argument(call, 0)))[range.clone()];
            contents(bytes)[range].copy_from_slice(written);
        }
        Ok(())
    })
}
