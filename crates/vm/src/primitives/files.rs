//! Files, environment and command line: what goes to the host and comes back later.
//!
//! 1. A file that is opened for reading is read whole, and is a source in memory from then on.
//! 2. What is written to a file waits in the actor's host until it is much, until the port is flushed or closed, or until
//!    the actor or its run ends. A writing primitive makes way for its text before it does anything else.
//! 3. A port to a file has the file's number in place of a buffer. Its position is 0 at the beginning of a line, else 1.

use arena::{ObjectTag, Value, init_string, string_words};

use super::arguments::{Arguments, arguments};
use super::bytevectors::{self, blank_bytes, contents};
use super::ports::{PortKind, buffer, close_port, is_open_port, make, redirected};
use super::progress::{PAIR_WORDS, wait};
use super::strings::LENGTH_MAX;
use super::{between, exactly};
use crate::capability::{CapabilityKind, kind_of};
use crate::debug::EventKind;
use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::outside::{Answer, Question, Refusal, Wanted};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("open-input-file", 1, |vm, call| {
        let text = read_text(vm, arguments("open-input-file", call))?;
        make(vm, PortKind::StringInput, text)
    }),
    exactly("open-binary-input-file", 1, |vm, call| {
        let arguments = arguments("open-binary-input-file", call);
        let bytes = read(vm, arguments, bytevectors::LENGTH_MAX)?;
        let object = blank_bytes(vm, arguments, bytes.len())?;
        contents(object).copy_from_slice(&bytes);
        make(vm, PortKind::BytesInput, object)
    }),
    exactly("open-output-file", 1, |vm, call| {
        create(vm, arguments("open-output-file", call), PortKind::FileText)
    }),
    exactly("open-binary-output-file", 1, |vm, call| {
        create(vm, arguments("open-binary-output-file", call), PortKind::FileBytes)
    }),
    exactly("file-exists?", 1, |vm, call| {
        let arguments = arguments("file-exists?", call);
        match ask_about_file(vm, arguments, CapabilityKind::FileRead, Wanted::Exists)? {
            Answer::Exists(exists) => Ok(Value::boolean(exists)),
            answer => Err(unfit(arguments, &answer)),
        }
    }),
    exactly("delete-file", 1, |vm, call| {
        ask_about_file(vm, arguments("delete-file", call), CapabilityKind::FileWrite, Wanted::Delete)?;
        Ok(Value::UNSPECIFIED)
    }),
    exactly("%load-text", 1, |vm, call| read_text(vm, arguments("load", call))),
    exactly("close-port", 1, |vm, call| close(vm, call, "close-port")),
    exactly("close-input-port", 1, |vm, call| close(vm, call, "close-input-port")),
    exactly("close-output-port", 1, |vm, call| close(vm, call, "close-output-port")),
    between("flush-output-port", 0, 1, |vm, call| flush(vm, arguments("flush-output-port", call))),
    between("flush-output", 0, 1, |vm, call| flush(vm, arguments("flush-output", call))),
    exactly("get-environment-variable", 1, |vm, call| {
        let arguments = arguments("get-environment-variable", call);
        let name = arguments.string(vm, 0)?.string_text();
        let texts = texts(vm, arguments, CapabilityKind::Environment, &name, Wanted::Variable)?;
        texts.first().map_or(Ok(Value::FALSE), |text| vm.make_string(text))
    }),
    exactly("get-environment-variables", 0, |vm, call| {
        let arguments = arguments("get-environment-variables", call);
        // Whoever may read some variables is told of those.
        let some = vm.held().any(|capability| kind_of(capability) == CapabilityKind::Environment);
        let texts = ask(vm, arguments, CapabilityKind::Environment, "", Wanted::Variables, some)?;
        let texts = texts_of(arguments, texts)?;
        let shown = |name: &str| !some || vm.authority(CapabilityKind::Environment, name).held.is_some();
        let pairs: Vec<&[String]> = texts.chunks(2).filter(|pair| shown(&pair[0])).collect();
        list_of(vm, &pairs, |vm, pair| {
            let name = vm.make_string(&pair[0])?;
            let rooted = vm.root(name);
            let value = vm.make_string(pair.get(1).map_or("", String::as_str))?;
            vm.root(value);
            vm.reserve(PAIR_WORDS)?;
            let pair = vm.cons(vm.rooted(rooted), vm.rooted(rooted + 1));
            vm.unroot(rooted);
            Ok(pair)
        })
    }),
    exactly("command-line", 0, |vm, call| {
        let arguments = arguments("command-line", call);
        let texts = texts(vm, arguments, CapabilityKind::CommandLine, "", Wanted::CommandLine)?;
        list_of(vm, &texts, |vm, text| vm.make_string(text))
    }),
];

/// Longest path, characters.
const PATH_MAX: usize = 4_096;

/// The path in argument 0.
fn path(vm: &Vm<'_>, arguments: Arguments) -> Result<String, Trap> {
    let value = arguments.string(vm, 0)?;
    let text = if value.string_length() <= PATH_MAX { value.string_text() } else { String::new() };
    if text.is_empty() || text.contains('\0') {
        let message = format!("a path has 1 to {PATH_MAX} characters and no null character, got");
        return Err(arguments.range(&message, &[value]));
    }
    Ok(text)
}

/// Asks the host; `some` holds if part of what is asked for is enough.
#[optimize(size)]
fn ask(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    kind: CapabilityKind,
    target: &str,
    wanted: Wanted,
    some: bool,
) -> Result<Answer, Trap> {
    vm.event(EventKind::Capability)?;
    let authority = vm.authority(kind, target);
    let held = authority.held.as_deref().or(some.then_some(""));
    let question = Question {
        operation: arguments.name,
        wanted,
        target,
        kind,
        held,
        may_ask: authority.may_ask,
        reason: "",
    };
    match vm.host.ask(&question) {
        None => Err(wait(vm, arguments.call)),
        Some(Ok(answer)) => Ok(answer),
        Some(Err(refusal)) => Err(refused(vm, arguments.name, kind, target, &refusal)),
    }
}

fn ask_about_file(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    kind: CapabilityKind,
    wanted: Wanted,
) -> Result<Answer, Trap> {
    let path = path(vm, arguments)?;
    ask(vm, arguments, kind, &path, wanted, false)
}

/// The condition that something outside was not done.
#[cold]
fn refused(vm: &mut Vm<'_>, operation: &str, kind: CapabilityKind, target: &str, refusal: &Refusal) -> Trap {
    match refusal {
        Refusal::Denied(why) => vm.denied(operation, kind, target, why.as_deref()),
        Refusal::Failed(why) => match vm.make_string(target) {
            Ok(path) => Trap::error(ErrorKind::File, format!("{operation}: {why}:"), &[path]),
            Err(trap) => trap,
        },
    }
}

#[cold]
fn unfit(arguments: Arguments, answer: &Answer) -> Trap {
    Trap::error(
        ErrorKind::File,
        format!("{}: the host's answer does not fit: {answer:?}", arguments.name),
        &[],
    )
}

/// The bytes of the file in argument 0, if there are at most so many.
fn read(vm: &mut Vm<'_>, arguments: Arguments, bytes_max: usize) -> Result<Vec<u8>, Trap> {
    let bytes_max = bytes_max.min(vm.heap.words_max().saturating_mul(8)) as u64;
    match ask_about_file(vm, arguments, CapabilityKind::FileRead, Wanted::Read { bytes_max })? {
        Answer::Bytes(bytes) => Ok(bytes),
        answer => Err(unfit(arguments, &answer)),
    }
}

/// The text of the file in argument 0, as a string. Reserves.
#[optimize(size)]
fn read_text(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    // A character has at most four bytes in the file, and takes four in a string.
    let bytes = read(vm, arguments, LENGTH_MAX)?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let message = format!("{}: line {line} of the file is not UTF-8:", arguments.name);
            return Err(Trap::error(ErrorKind::File, message, &[arguments.get(vm, 0)]));
        }
    };
    let length = text.chars().count();
    let words = string_words(length);
    vm.reserve_object(words)?;
    vm.charge_steps(words);
    let string = vm.alloc(ObjectTag::String, words);
    init_string(string, length, text.chars());
    Ok(string)
}

fn create(vm: &mut Vm<'_>, arguments: Arguments, kind: PortKind) -> Result<Value, Trap> {
    match ask_about_file(vm, arguments, CapabilityKind::FileWrite, Wanted::Create)? {
        Answer::File(file) => make(vm, kind, Value::fixnum(i64::from(file))),
        answer => Err(unfit(arguments, &answer)),
    }
}

fn texts(
    vm: &mut Vm<'_>,
    arguments: Arguments,
    kind: CapabilityKind,
    target: &str,
    wanted: Wanted,
) -> Result<Vec<String>, Trap> {
    let answer = ask(vm, arguments, kind, target, wanted, false)?;
    texts_of(arguments, answer)
}

fn texts_of(arguments: Arguments, answer: Answer) -> Result<Vec<String>, Trap> {
    match answer {
        Answer::Texts(texts) => Ok(texts),
        answer => Err(unfit(arguments, &answer)),
    }
}

/// A list of what `make` makes of each item. Reserves.
#[optimize(size)]
fn list_of<T>(
    vm: &mut Vm<'_>,
    items: &[T],
    mut make: impl FnMut(&mut Vm<'_>, &T) -> Result<Value, Trap>,
) -> Result<Value, Trap> {
    let list = vm.root(Value::NIL);
    for item in items.iter().rev() {
        let made = make(vm, item)?;
        let kept = vm.root(made);
        vm.reserve(PAIR_WORDS)?;
        let longer = vm.cons(vm.rooted(kept), vm.rooted(list));
        vm.unroot(kept);
        vm.set_rooted(list, longer);
    }
    let made = vm.rooted(list);
    vm.unroot(list);
    Ok(made)
}

/// The number of a port's file.
fn file_of(port: Value) -> u32 {
    buffer(port).as_fixnum() as u32
}

fn is_file(port: Value) -> bool {
    PortKind::of(port).is_file()
}

/// Writes out what waits in a file's port, and may close it.
#[optimize(size)]
fn write_out(vm: &mut Vm<'_>, arguments: Arguments, port: Value, closes: bool) -> Result<(), Trap> {
    let file = file_of(port);
    let path = vm.host.file_path(file);
    match vm.host.flush_file(file, closes) {
        None => Err(wait(vm, arguments.call)),
        Some(Ok(())) => Ok(()),
        Some(Err(refusal)) => {
            if closes {
                close_port(port);
            }
            Err(refused(vm, arguments.name, CapabilityKind::FileWrite, &path, &refusal))
        }
    }
}

fn close(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let port = arguments.object(vm, 0, ObjectTag::Port, "a port")?;
    if is_file(port) && is_open_port(port) {
        write_out(vm, arguments, port, true)?;
    }
    close_port(vm.argument(call, 0));
    Ok(Value::UNSPECIFIED)
}

#[optimize(size)]
fn flush(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    let port = match arguments.optional(vm, 0) {
        None | Some(Value::TRUE) => redirected(vm, "output"),
        Some(_) => {
            let port = arguments.object(vm, 0, ObjectTag::Port, "an output port")?;
            if PortKind::of(port).is_input() {
                return Err(arguments.wrong(vm, 0, "an output port"));
            }
            Some(port)
        }
    };
    if let Some(port) = port.filter(|port| is_file(*port) && is_open_port(*port)) {
        write_out(vm, arguments, port, false)?;
    }
    Ok(Value::UNSPECIFIED)
}

/// Before anything is written to `port`: if much waits there, it goes out first.
#[inline]
pub(super) fn make_way(vm: &mut Vm<'_>, arguments: Arguments, port: Option<Value>) -> Result<(), Trap> {
    match port {
        Some(port) if is_file(port) => make_way_to_file(vm, arguments, port),
        _ => Ok(()),
    }
}

#[cold]
fn make_way_to_file(vm: &mut Vm<'_>, arguments: Arguments, port: Value) -> Result<(), Trap> {
    if !is_open_port(port) {
        return Err(arguments.range("the port is closed:", &[port]));
    }
    if vm.host.is_file_full(file_of(port)) { write_out(vm, arguments, port, false) } else { Ok(()) }
}

/// Adds bytes to what waits for a file.
pub(super) fn write_bytes(vm: &mut Vm<'_>, port: Value, bytes: &[u8]) {
    if let Some(last) = bytes.last() {
        super::ports::set_position(port, usize::from(*last != b'\n'));
        vm.host.write_file(file_of(port), bytes);
    }
}
