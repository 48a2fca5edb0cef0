//! Looking at actors that stand still: frames, mailbox, bytecode, as the protocol's plain data.

use bytecode::CodeOffset;
use protocol::{
    ActorNumber, FrameRow, Listing, ListingLine, Location, MessageRow, Problem, Severity, TestOutcome,
    TestRow, TraceLine, VariableRow,
};
use vm::{FrameView, Linker, Machine, TestNote, Unit};

/// Characters of one value in a view.
const VALUE_CHARACTERS_MAX: usize = 200;
/// Arguments of one call in a trace, and characters of each.
const ARGUMENTS_SHOWN_MAX: usize = 5;
const ARGUMENT_CHARACTERS_MAX: usize = 40;
/// Frames looked at.
const FRAMES_MAX: usize = 1_000;
/// Messages listed.
pub const MESSAGES_MAX: usize = 200;
/// Frames listed.
pub const FRAME_ROWS_MAX: usize = 200;

/// A value as a view shows it.
pub fn shown(value: arena::Value) -> String {
    vm::write_value(value, vm::Mode::Write, VALUE_CHARACTERS_MAX)
}

/// The place of a span in one of the unit's source texts.
pub fn location(unit: &Unit, span: bytecode::Span) -> Option<Location> {
    let file = unit.program.files.get(span.file as usize)?;
    Some(Location {
        file: file.name.clone(),
        line: span.line,
        column: span.column,
        start: span.start,
        end: span.end,
    })
}

/// What came of a test, with its place: the innermost one that is not in a library of ours.
#[optimize(size)]
pub fn test_row(note: TestNote, linker: &Linker, actor: u32) -> TestRow {
    let mut places = note.sites.iter().filter_map(|(unit, procedure, offset)| {
        let unit = linker.unit(*unit)?;
        location(unit, unit.span_at(*procedure, *offset)?)
    });
    let outcome = match note.kind.as_str() {
        "pass" => TestOutcome::Pass,
        "xfail" => TestOutcome::ExpectedFail,
        "xpass" => TestOutcome::UnexpectedPass,
        "skip" => TestOutcome::Skip,
        _ => TestOutcome::Fail,
    };
    let location = places.find(|place| !scheme::standard::is_library_file(&place.file));
    TestRow { actor: ActorNumber(actor), outcome, title: note.title, detail: note.detail, location }
}

/// `file:line` of a spawn site, or `actor` if it is unknown.
pub fn site_label(linker: &Linker, (unit, procedure, offset): (u32, u32, u32)) -> String {
    let place = linker.unit(unit).filter(|_| unit != 0).and_then(|unit| {
        let span = unit.span_at(procedure, CodeOffset(offset))?;
        location(unit, span)
    });
    place.map_or_else(|| "actor".to_string(), |place| format!("{}:{}", place.file, place.line))
}

/// Frames of the program, innermost first, at most `limit`, and how many more there are.
pub fn frame_rows(machine: &Machine, linker: &Linker, limit: usize) -> (Vec<FrameRow>, u32) {
    let views = machine.frames(linker, FRAMES_MAX);
    let mine = || views.iter().filter(|view| !view.is_library);
    let rows = mine().take(limit).map(|view| frame_row(view, linker)).collect();
    (rows, mine().count().saturating_sub(limit) as u32)
}

fn frame_location(view: &FrameView, linker: &Linker) -> Option<Location> {
    view.span.and_then(|span| location(linker.unit(view.site.0)?, span))
}

#[optimize(size)]
fn frame_row(view: &FrameView, linker: &Linker) -> FrameRow {
    let variables = view
        .variables
        .iter()
        .map(|variable| VariableRow {
            name: variable.name.clone(),
            value: shown(variable.value),
            captured: variable.is_captured,
        })
        .collect();
    FrameRow { procedure: view.procedure.clone(), location: frame_location(view, linker), variables }
}

/// Is it news that this procedure of the library was called? Those that only raise are not.
fn is_telling(procedure: &str) -> bool {
    !procedure.is_empty()
        && !procedure.starts_with('%')
        && !matches!(procedure, "error" | "raise" | "raise-continuable")
}

/// Arguments of a call, short.
fn arguments_text(arguments: &[arena::Value]) -> String {
    let shown = arguments
        .iter()
        .take(ARGUMENTS_SHOWN_MAX)
        .map(|argument| format!(" {}", vm::write_value(*argument, vm::Mode::Write, ARGUMENT_CHARACTERS_MAX)));
    let more = if arguments.len() > ARGUMENTS_SHOWN_MAX { " ..." } else { "" };
    shown.collect::<String>() + more
}

/// Where an error is said to be.
#[derive(Clone, Copy, Debug)]
pub enum Culprit<'a> {
    /// Where it was raised.
    Innermost,
    /// Where the innermost procedure reads this global variable.
    Global(&'a str),
    /// Where the innermost procedure was called.
    Caller,
}

/// The problem that an actor's failure is to people: where it was, and the calls that led there. With a label, the message
/// says whose it is.
#[optimize(size)]
pub fn failure(
    machine: &Machine,
    linker: &Linker,
    what: &str,
    number: u32,
    label: Option<&str>,
    culprit: Culprit<'_>,
) -> Problem {
    let views = machine.frames(linker, 50);
    // What the program called of the library, if it failed there.
    let mine = views.iter().position(|view| !view.is_library).unwrap_or(views.len());
    let called = views[..mine].last().filter(|view| is_telling(&view.procedure));
    let trace: Vec<TraceLine> = called
        .into_iter()
        .chain(views.iter().filter(|view| !view.is_library))
        .map(|view| TraceLine {
            procedure: view.procedure.clone(),
            arguments: (view.site.1 > 0 || view.is_library).then(|| arguments_text(&view.arguments)),
            location: frame_location(view, linker).filter(|_| !view.is_library),
        })
        .collect();
    let read = if let Culprit::Global(name) = culprit { Some(name) } else { None };
    let read = read.and_then(|name| {
        let view = views.iter().find(|view| !view.is_library)?;
        location(linker.unit(view.site.0)?, view.use_of_global(linker, name)?)
    });
    // Accessors of records and the like stand for the form that made them: the place is where they are called.
    let is_written = |view: &&FrameView| {
        let whole = linker
            .unit(view.site.0)
            .and_then(|unit| Some(unit.program.procedures.get(view.site.1 as usize)?.span));
        view.site.1 == 0 || view.span != whole
    };
    let passed = usize::from(matches!(culprit, Culprit::Caller));
    let mut places = views.iter().filter(|view| !view.is_library).skip(passed).filter(is_written);
    let whose = label.map_or(String::new(), |label| format!(" [actor {number}, {label}]"));
    Problem {
        severity: Severity::Error,
        message: format!("{what}{whose}"),
        location: read.or_else(|| places.find_map(|view| frame_location(view, linker))),
        suggestion: None,
        actor: Some(protocol::ActorNumber(number)),
        trace,
        context: None,
    }
}

/// Waiting messages, oldest first, and how many more there are.
#[optimize(size)]
pub fn message_rows(machine: &Machine) -> (Vec<MessageRow>, u32) {
    let mailbox = machine.mailbox();
    let rows = mailbox
        .iter()
        .take(MESSAGES_MAX)
        .map(|waiting| {
            let sender = (waiting.sender_number > 0).then_some(protocol::ActorNumber(waiting.sender_number));
            let text = match (waiting.value(), waiting.message()) {
                (Some(value), _) => shown(value),
                (None, Some(message)) => message_text(message),
                (None, None) => "(exit or down)".to_string(),
            };
            let bytes = waiting.counted_bytes.unwrap_or(waiting.bytes() as u32);
            MessageRow { sender, sequence: waiting.sequence, text, bytes }
        })
        .collect();
    (rows, mailbox.len().saturating_sub(MESSAGES_MAX) as u32)
}

/// A flat message as text: it is opened in a heap of its own, which is thrown away.
fn message_text(message: &arena::Message) -> String {
    let words = message.heap_words() * 2 + 1024;
    let budget = arena::Budget::new(words as u64 * 64);
    let mut heap = arena::Heap::new(arena::HeapSettings::new(words, budget, || 0.0));
    let mut roots: [arena::Value; 0] = [];
    match message.copy_in(&mut heap, &mut roots) {
        Ok(value) => shown(value),
        Err(_) => "(too large to show)".to_string(),
    }
}

/// The code of the procedure that the innermost frame of a program runs.
#[optimize(size)]
pub fn listing(machine: &Machine, linker: &Linker) -> Option<Listing> {
    let (unit, procedure, at) = machine.place()?;
    let unit = linker.unit(unit)?;
    let code = &unit.program.procedures[procedure as usize];
    let mut lines = Vec::new();
    let mut current = None;
    for line in bytecode::disassemble_lines(&unit.program, bytecode::ProcedureIndex(procedure)) {
        if line.at <= at {
            current = Some(lines.len() as u32);
        }
        let text = [line.name, &line.operands, &line.meaning].join(" ");
        lines.push(ListingLine {
            offset: line.at.0,
            text: text.trim_end().to_string(),
            about: line.opcode.map_or_else(String::new, bytecode::Opcode::documentation),
            line: line.source_line,
        });
    }
    Some(Listing { procedure: code.name.clone(), lines, current })
}
