//! Writing to ports, and `write` and `display`.
//!
//! 1. What one call writes reaches the host, or the port, as a whole: a text that takes several steps is collected in a
//!    port of its own first.
//! 2. Data without labels is printed in steps, whose state is the printer's tasks in groups of three values; data with
//!    labels is printed at once.

use arena::Value;

use super::arguments::{Arguments, arguments};
use super::between;
use super::bytevectors::{contents, length};
use super::files::{make_way, write_bytes};
use super::number_text::{Conversion, is_long};
use super::ports::{
    PortKind, buffer, make, make_bytes_room, make_string_room, open_port, position, redirected, set_position,
};
use super::progress::{STEPS, again, load_groups, save_groups, state, suspend};
use super::strings::LENGTH_MAX;
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::print::{Mode, Printer, Progress, Task};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    between("write", 1, 2, |vm, call| print(vm, call, "write", Mode::Write, false)),
    between("write-shared", 1, 2, |vm, call| print(vm, call, "write-shared", Mode::WriteShared, false)),
    between("write-simple", 1, 2, |vm, call| print(vm, call, "write-simple", Mode::WriteSimple, false)),
    between("display", 1, 2, |vm, call| print(vm, call, "display", Mode::Display, false)),
    between("write-line", 1, 2, |vm, call| print(vm, call, "write-line", Mode::Write, true)),
    between("newline", 0, 1, |vm, call| {
        let arguments = arguments("newline", call);
        let port = open_destination(vm, arguments, 0)?;
        emit(vm, arguments, port, "\n")
    }),
    between("fresh-line", 0, 1, fresh_line),
    between("write-char", 1, 2, |vm, call| {
        let arguments = arguments("write-char", call);
        let character = arguments.character(vm, 0)?;
        let port = open_destination(vm, arguments, 1)?;
        emit(vm, arguments, port, character.encode_utf8(&mut [0; 4]))
    }),
    between("write-string", 1, 4, write_string),
    between("write-u8", 1, 2, |vm, call| {
        let arguments = arguments("write-u8", call);
        let byte = arguments.byte(vm, 0)?;
        let port = byte_port(vm, arguments)?;
        emit_bytes(vm, arguments, port, &[byte])
    }),
    between("write-bytevector", 1, 4, |vm, call| {
        let arguments = arguments("write-bytevector", call);
        let bytes = arguments.bytevector(vm, 0)?;
        let range = arguments.range_from(vm, 2, length(bytes))?;
        let port = byte_port(vm, arguments)?;
        let part = contents(bytes)[range].to_vec();
        emit_bytes(vm, arguments, port, &part)
    }),
];

/// Characters of one `write` to the actor's own output at most; what goes to a port must fit a string.
const OUTPUT_MAX: usize = 1 << 20;

/// Where in its state `print` keeps a [`Conversion`].
const CONVERSION: usize = 4;

/// The port in argument `index` or the current one; `None` for the actor's own output.
fn destination(vm: &Vm<'_>, arguments: Arguments, index: usize) -> Result<Option<Value>, Trap> {
    let port = match arguments.optional(vm, index) {
        None | Some(Value::TRUE) => redirected(vm, "output"),
        Some(_) => {
            let suits = |kind: PortKind| !kind.is_input() && !kind.is_binary();
            Some(open_port(vm, arguments, index, "a textual output port", suits)?)
        }
    };
    Ok(port.filter(|port| PortKind::of(*port) != PortKind::Console))
}

/// As [`destination`], with room for a text.
fn open_destination(vm: &mut Vm<'_>, arguments: Arguments, index: usize) -> Result<Option<Value>, Trap> {
    let port = destination(vm, arguments, index)?;
    make_way(vm, arguments, port)?;
    Ok(port)
}

/// Writes `text` to a port, or to the actor's own output. Reserves.
fn emit(vm: &mut Vm<'_>, arguments: Arguments, port: Option<Value>, text: &str) -> Result<Value, Trap> {
    let Some(port) = port else {
        if !text.is_empty() {
            vm.host.write(text);
        }
        return Ok(Value::UNSPECIFIED);
    };
    if PortKind::of(port).is_file() {
        write_bytes(vm, port, text.as_bytes());
        return Ok(Value::UNSPECIFIED);
    }
    let rooted = vm.root(port);
    append(vm, arguments, rooted, text)?;
    vm.unroot(rooted);
    Ok(Value::UNSPECIFIED)
}

/// Appends to the string port kept at `rooted`. Reserves.
fn append(vm: &mut Vm<'_>, arguments: Arguments, rooted: usize, text: &str) -> Result<(), Trap> {
    let more = text.chars().count();
    if more == 0 {
        return Ok(());
    }
    make_string_room(vm, arguments, rooted, more)?;
    let port = vm.rooted(rooted);
    let used = position(port);
    for (unit, character) in buffer(port).string_units()[used..].iter_mut().zip(text.chars()) {
        *unit = character as u32;
    }
    set_position(port, used + more);
    Ok(())
}

fn byte_port(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    if arguments.optional(vm, 1).is_none() {
        return Err(arguments.range("the current output port is textual; give a binary one", &[]));
    }
    let suits = |kind: PortKind| kind.is_binary() && !kind.is_input();
    let port = open_port(vm, arguments, 1, "a binary output port", suits)?;
    make_way(vm, arguments, Some(port))?;
    Ok(port)
}

fn emit_bytes(vm: &mut Vm<'_>, arguments: Arguments, port: Value, bytes: &[u8]) -> Result<Value, Trap> {
    if bytes.is_empty() {
        return Ok(Value::UNSPECIFIED);
    }
    if PortKind::of(port).is_file() {
        write_bytes(vm, port, bytes);
        return Ok(Value::UNSPECIFIED);
    }
    let rooted = vm.root(port);
    make_bytes_room(vm, arguments, rooted, bytes.len())?;
    let port = vm.rooted(rooted);
    let used = position(port);
    contents(buffer(port))[used..used + bytes.len()].copy_from_slice(bytes);
    set_position(port, used + bytes.len());
    vm.unroot(rooted);
    Ok(Value::UNSPECIFIED)
}

/// A newline, unless the port is known to be at the beginning of a line.
fn fresh_line(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("fresh-line", call);
    let port = open_destination(vm, arguments, 0)?;
    let at_start = port.is_some_and(|port| {
        let used = position(port);
        used == 0 || !PortKind::of(port).is_file() && buffer(port).string_unit(used - 1) == u32::from('\n')
    });
    if at_start { Ok(Value::UNSPECIFIED) } else { emit(vm, arguments, port, "\n") }
}

fn write_string(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("write-string", call);
    let string = arguments.string(vm, 0)?;
    let range = arguments.range_from(vm, 2, string.string_length())?;
    let port = open_destination(vm, arguments, 1)?;
    let units = string.string_units()[range].iter();
    let text: String =
        units.map(|unit| char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    emit(vm, arguments, port, &text)
}

/// State: the port that collects, the characters there may still be, the tasks, and the [`Conversion`] of a long number
/// if one comes next.
fn print(vm: &mut Vm<'_>, call: Call, name: &'static str, mode: Mode, line: bool) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    open_destination(vm, arguments, 1)?;
    let resumed = state(vm, call);
    let mut converted = None;
    if let Some(state) = resumed
        && state.words() > CONVERSION
    {
        converted = convert(vm, call, state)?;
        if converted.is_none() {
            return Err(again(vm, call));
        }
    }
    let resumed = state(vm, call);
    let (mut printer, mut waiting) = match resumed {
        None => {
            let port = destination(vm, arguments, 1)?;
            let limit = if port.is_none() { OUTPUT_MAX } else { LENGTH_MAX + 1 };
            (Printer::new(vm.argument(call, 0), mode, limit), Value::NIL)
        }
        Some(state) => {
            let room = state.field(2).as_fixnum() as usize;
            let tasks = converted.map(|text| Task::Text(text, 0)).into_iter().collect();
            (Printer::resume(tasks, mode, room), state.field(3))
        }
    };
    let mut stop = 0;
    if !printer.has_labels() {
        stop = printer.room().saturating_sub(STEPS);
        printer.is_long = is_long;
    }
    let progress = loop {
        match printer.run(stop) {
            Progress::Done if waiting != Value::NIL && printer.room() > 0 => {
                waiting = load(&mut printer.tasks, waiting);
            }
            progress => break progress,
        }
    };
    let done = progress == Progress::Done;
    if done && resumed.is_none() {
        if line {
            printer.text.push('\n');
        }
        vm.charge_steps(printer.text.len());
        let port = destination(vm, arguments, 1)?;
        return emit(vm, arguments, port, &printer.text);
    }
    let number = vm.root(if let Progress::At(number) = progress { number } else { Value::FALSE });
    let groups: Vec<[Value; 3]> = printer.tasks.iter().map(|task| group(*task)).collect();
    let waiting = save_groups(vm, waiting, &groups)?;
    let kept = vm.root(waiting);
    let collecting = match state(vm, call) {
        Some(state) => state.field(1),
        None => make(vm, PortKind::StringOutput, Value::NIL)?,
    };
    let port = vm.root(collecting);
    append(vm, arguments, port, &printer.text)?;
    let outcome = if done {
        finish(vm, arguments, port, line)
    } else {
        let room = Value::fixnum(printer.room() as i64);
        let mut values = vec![vm.rooted(port), room, vm.rooted(kept)];
        if vm.rooted(number) != Value::FALSE {
            values.extend(Conversion::new(vm.rooted(number)).values());
        }
        Err(suspend(vm, call, &values))
    };
    vm.unroot(number);
    outcome
}

/// Takes a step of the number that comes next; answers its text at the end. Reserves.
fn convert(vm: &mut Vm<'_>, call: Call, saved: Value) -> Result<Option<Value>, Trap> {
    let mut conversion = Conversion::load(saved, CONVERSION);
    let text = conversion.step(vm, 10)?;
    if let (None, Some(saved)) = (text, state(vm, call)) {
        for (index, value) in conversion.values().into_iter().enumerate() {
            vm.write_field(saved, CONVERSION + index, value);
        }
    }
    Ok(text)
}

/// Writes what the port kept at `rooted` has collected where it belongs.
fn finish(vm: &mut Vm<'_>, arguments: Arguments, rooted: usize, line: bool) -> Result<Value, Trap> {
    let collected = vm.rooted(rooted);
    let units = buffer(collected).string_units()[..position(collected)].iter();
    let mut text: String =
        units.map(|unit| char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if line {
        text.push('\n');
    }
    let port = destination(vm, arguments, 1)?;
    emit(vm, arguments, port, &text)
}

/// A task as three values.
fn group(task: Task) -> [Value; 3] {
    let (kind, value, index) = match task {
        Task::Datum(value) => (0, value, 0),
        Task::Rest(value) => (1, value, 0),
        Task::Elements(value, index) => (2, value, index),
        Task::Fields(value, index) => (3, value, index),
        Task::Units(value, index) => (4, value, index),
        Task::Text(value, index) => (5, value, index),
        Task::Close(character) => (6, Value::character(character), 0),
    };
    [Value::fixnum(kind), value, Value::fixnum(index as i64)]
}

/// Takes the tasks of the first vector; answers the other vectors.
fn load(tasks: &mut Vec<Task>, waiting: Value) -> Value {
    let (groups, rest) = load_groups(waiting);
    tasks.extend(groups.iter().map(|[kind, value, index]| {
        let (value, index) = (*value, index.as_fixnum() as usize);
        match kind.as_fixnum() {
            0 => Task::Datum(value),
            1 => Task::Rest(value),
            2 => Task::Elements(value, index),
            3 => Task::Fields(value, index),
            4 => Task::Units(value, index),
            5 => Task::Text(value, index),
            _ => Task::Close(value.to_character().unwrap_or(')')),
        }
    }));
    rest
}
