//! Values as text: what `write` and `display` write, and how conditions read.
//!
//! 1. Printing needs no machine, reserves nothing and changes nothing, so that views use it too.
//! 2. The text is cut with `...` at a limit; each step adds to the text, so that a limit bounds time and space as well.
//!    Nothing recurses.
//! 3. Labels (`#0=`, `#0#`) go by the order in which the text meets objects, never by address.

use std::fmt::Write as _;

use arena::{ObjectTag, Value, WordMap};

use crate::code::Code;
use crate::number::{Number, Parsed, format_flonum, parse, to_text};

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For people: strings and characters bare.
    Display,
    /// As data that can be read again; cycles get labels.
    Write,
    /// Everything that is met twice gets a label.
    WriteShared,
    /// No labels; of a cycle, what fits.
    WriteSimple,
}

/// Objects visited in search of cycles at most; beyond, none are looked for.
const SCAN_MAX: usize = 1 << 16;
/// Trees of up to this many objects need no table to be known as trees.
const QUICK_SCAN_MAX: usize = 256;

/// The text of a value, cut with `...` after `limit_characters`.
pub fn write_value(value: Value, mode: Mode, limit_characters: usize) -> String {
    let mut printer = Printer::new(value, mode, limit_characters);
    printer.run(0);
    printer.text
}

/// A condition as people read it, such as `car: expected a pair, got 5`. Anything else: `raised: 42`.
pub fn report(value: Value) -> String {
    const LIMIT: usize = 2_000;
    if !value.is_object(ObjectTag::ErrorObject) {
        return format!("raised: {}", write_value(value, Mode::Write, LIMIT));
    }
    let mut text = write_value(value.field(1), Mode::Display, LIMIT);
    let mut rest = value.field(2);
    while rest.is_pair() && text.len() < 2 * LIMIT {
        text.push(' ');
        text.push_str(&write_value(rest.car(), Mode::Write, LIMIT));
        rest = rest.cdr();
    }
    text
}

/// Objects that need labels, by reference, and their numbers once they have been met.
type Labels = WordMap<u64, Option<usize>>;

/// Something left to print.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    Datum(Value),
    /// The rest of a list whose opening and some elements are there.
    Rest(Value),
    /// Elements of a vector from `index` on.
    Elements(Value, usize),
    /// Fields of a record from `index` on, after its type's name.
    Fields(Value, usize),
    /// Units of a string from `index` on, then its closing quote.
    Units(Value, usize),
    /// Units of a text from `index` on, as they are.
    Text(Value, usize),
    /// `)`, `>`, or what stands between two parts.
    Close(char),
}

/// Where a printer has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All is printed.
    Done,
    /// There is less room than was asked for.
    Stopped,
    /// The next datum is this number, which takes long: whoever prints has a [`Task::Text`] made of it.
    At(Value),
}

/// A text under way.
pub(crate) struct Printer {
    pub(crate) text: String,
    pub(crate) tasks: Vec<Task>,
    /// Numbers that are left to whoever prints.
    pub(crate) is_long: fn(Value) -> bool,
    mode: Mode,
    room: usize,
    labels: Labels,
    next_label: usize,
}

impl Printer {
    /// Prints nothing yet.
    pub(crate) fn new(value: Value, mode: Mode, limit_characters: usize) -> Printer {
        let labels = match mode {
            Mode::WriteSimple => Labels::default(),
            _ => find_labels(value, mode == Mode::WriteShared, limit_characters.min(SCAN_MAX)),
        };
        Printer { labels, ..Printer::resume(vec![Task::Datum(value)], mode, limit_characters) }
    }

    /// Goes on with what an earlier printer has left.
    pub(crate) fn resume(tasks: Vec<Task>, mode: Mode, limit_characters: usize) -> Printer {
        let labels = Labels::default();
        let text = String::new();
        Printer { text, tasks, is_long: |_| false, mode, room: limit_characters, labels, next_label: 0 }
    }

    /// Does the value have labels, so that it must be printed by one printer?
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Characters that there may still be.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// Prints until there is room for `stop` characters or less.
    #[optimize(size)]
    pub(crate) fn run(&mut self, stop: usize) -> Progress {
        while let Some(task) = self.tasks.pop() {
            if self.room == 0 {
                self.text.push_str("...");
                self.tasks.clear();
                return Progress::Done;
            }
            if self.room <= stop {
                self.tasks.push(task);
                return Progress::Stopped;
            }
            match task {
                Task::Datum(value) if (self.is_long)(value) => return Progress::At(value),
                task => self.step(task),
            }
        }
        Progress::Done
    }

    fn put(&mut self, character: char) {
        if self.room > 0 {
            self.room -= 1;
            self.text.push(character);
        }
    }

    fn put_text(&mut self, text: &str) {
        if text.len() <= self.room {
            // A character has at least one byte.
            self.room -= text.chars().count();
            self.text.push_str(text);
        } else {
            let mut characters = text.chars();
            while self.room > 0 {
                let Some(character) = characters.next() else { return };
                self.put(character);
            }
            if characters.next().is_some() {
                self.tasks.push(Task::Close('.'));
            }
        }
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Datum(value) => self.datum(value),
            Task::Rest(Value::NIL) => self.put(')'),
            Task::Rest(rest) if rest.is_pair() && !self.labels.contains_key(&rest.bits()) => {
                self.put(' ');
                self.tasks.push(Task::Rest(rest.cdr()));
                self.tasks.push(Task::Datum(rest.car()));
            }
            Task::Rest(rest) => {
                self.put_text(" . ");
                self.tasks.push(Task::Close(')'));
                self.tasks.push(Task::Datum(rest));
            }
            Task::Elements(vector, index) if index >= vector.words() => self.put(')'),
            Task::Elements(vector, index) => {
                if index > 0 {
                    self.put(' ');
                }
                self.tasks.push(Task::Elements(vector, index + 1));
                self.tasks.push(Task::Datum(vector.field(index)));
            }
            Task::Fields(record, index) if index >= record.words() => self.put('>'),
            Task::Fields(record, index) => {
                self.put(' ');
                if let Some(name) = field_name(record, index) {
                    self.put_text(name);
                    self.put_text(": ");
                }
                self.tasks.push(Task::Fields(record, index + 1));
                self.tasks.push(Task::Datum(record.field(index)));
            }
            Task::Units(string, index) => self.units(string, index),
            Task::Text(string, index) => self.bare_units(string, index),
            Task::Close(character) => self.put(character),
        }
    }

    /// A piece of a string, so that a long one does not take the whole slice.
    fn units(&mut self, string: Value, from: usize) {
        let rest = match self.mode {
            Mode::Display => self.piece(string, from, Printer::put),
            _ => self.piece(string, from, |printer, character| printer.escaped(character, '"')),
        };
        match rest {
            Some(index) => self.tasks.push(Task::Units(string, index)),
            None if self.mode != Mode::Display => self.put('"'),
            None => {}
        }
    }

    fn bare_units(&mut self, string: Value, from: usize) {
        if let Some(index) = self.piece(string, from, Printer::put) {
            self.tasks.push(Task::Text(string, index));
        }
    }

    /// Puts some units of a string; answers where the next piece begins.
    fn piece(&mut self, string: Value, from: usize, put: fn(&mut Printer, char)) -> Option<usize> {
        const PIECE: usize = 4_096;
        let units = string.string_units();
        let to = units.len().min(from + PIECE);
        for (index, unit) in units[from..to].iter().enumerate() {
            if self.room == 0 {
                return Some(from + index);
            }
            put(self, char::from_u32(*unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        (to < units.len()).then_some(to)
    }

    fn escaped(&mut self, character: char, quote: char) {
        match character {
            '\n' => self.put_text("\\n"),
            '\t' => self.put_text("\\t"),
            '\r' => self.put_text("\\r"),
            '\u{7}' => self.put_text("\\a"),
            '\u{8}' => self.put_text("\\b"),
            '\\' => self.put_text("\\\\"),
            _ if character == quote => {
                self.put('\\');
                self.put(quote);
            }
            _ if character.is_control() => self.put_text(&format!("\\x{:x};", character as u32)),
            _ => self.put(character),
        }
    }

    fn datum(&mut self, value: Value) {
        if let Some(label) = self.labels.get_mut(&value.bits()) {
            if let Some(number) = label {
                let text = format!("#{number}#");
                self.put_text(&text);
                return;
            }
            let number = self.next_label;
            *label = Some(number);
            self.next_label += 1;
            self.put_text(&format!("#{number}="));
        }
        if let Some(Number::Ratio(ratio)) = Number::of(value) {
            self.tasks.push(Task::Datum(ratio.denominator()));
            self.tasks.push(Task::Close('/'));
            self.tasks.push(Task::Datum(ratio.numerator()));
        } else if let Some(number) = Number::of(value) {
            let text = to_text(number, 10);
            self.put_text(&text);
        } else if value.is_reference() {
            self.object(value);
        } else {
            self.immediate(value);
        }
    }

    fn immediate(&mut self, value: Value) {
        match value.to_character() {
            Some(character) if self.mode == Mode::Display => self.put(character),
            Some(character) => self.put_text(&character_text(character)),
            None => self.put_text(constant_text(value)),
        }
    }

    fn object(&mut self, value: Value) {
        match value.header().tag() {
            ObjectTag::Pair => self.pair(value),
            ObjectTag::Vector => {
                self.put_text("#(");
                self.tasks.push(Task::Elements(value, 0));
            }
            ObjectTag::Bytevector => self.bytes(value),
            ObjectTag::String => {
                if self.mode != Mode::Display {
                    self.put('"');
                }
                self.tasks.push(Task::Units(value, 0));
            }
            ObjectTag::Symbol if self.mode == Mode::Display || is_plain_symbol(value.symbol_text()) => {
                self.put_text(value.symbol_text());
            }
            ObjectTag::Symbol => {
                self.put('|');
                for character in value.symbol_text().chars() {
                    self.escaped(character, '|');
                }
                self.put('|');
            }
            ObjectTag::Box => {
                self.put_text("#<box ");
                self.tasks.push(Task::Close('>'));
                self.tasks.push(Task::Datum(value.field(0)));
            }
            ObjectTag::Record => {
                self.put_text("#<record ");
                self.put_text(record_type_name(value.field(0)));
                self.tasks.push(Task::Fields(value, 1));
            }
            ObjectTag::Values => {
                self.put_text("#<values");
                self.tasks.push(Task::Fields(value, 0));
            }
            ObjectTag::ErrorObject => self.error_object(value),
            _ => {
                let text = opaque_text(value);
                self.put_text(&text);
            }
        }
    }

    fn pair(&mut self, pair: Value) {
        if let Some(prefix) = abbreviation(pair)
            && !self.labels.contains_key(&pair.cdr().bits())
        {
            self.put_text(prefix);
            self.tasks.push(Task::Datum(pair.cdr().car()));
            return;
        }
        self.put('(');
        self.tasks.push(Task::Rest(pair.cdr()));
        self.tasks.push(Task::Datum(pair.car()));
    }

    fn bytes(&mut self, value: Value) {
        self.put_text("#u8(");
        let length = value.raw(0) as usize;
        for (index, byte) in value.raw_bytes(1, length).iter().enumerate() {
            if self.room == 0 {
                break;
            }
            let text = if index == 0 { byte.to_string() } else { format!(" {byte}") };
            self.put_text(&text);
        }
        self.tasks.push(Task::Close(')'));
    }

    fn error_object(&mut self, value: Value) {
        let kind = value.field(0);
        self.put_text("#<");
        self.put_text(if kind.is_object(ObjectTag::Symbol) { kind.symbol_text() } else { "error" });
        self.put(' ');
        let (message, irritants) = (value.field(1), value.field(2));
        self.tasks.push(Task::Close('>'));
        let mut irritant_tasks = Vec::new();
        let mut rest = irritants;
        while rest.is_pair() && irritant_tasks.len() < 64 {
            irritant_tasks.push(Task::Datum(rest.car()));
            irritant_tasks.push(Task::Close(' '));
            rest = rest.cdr();
        }
        // Pairs of irritant and space are in order; the stack wants them last first.
        for pair in irritant_tasks.chunks(2).rev() {
            self.tasks.extend(pair);
        }
        self.tasks.push(Task::Datum(message));
    }
}

fn abbreviation(pair: Value) -> Option<&'static str> {
    let (head, rest) = (pair.car(), pair.cdr());
    if !head.is_object(ObjectTag::Symbol) || !rest.is_pair() || rest.cdr() != Value::NIL {
        return None;
    }
    Some(match head.symbol_text() {
        "quote" => "'",
        "quasiquote" => "`",
        "unquote" => ",",
        "unquote-splicing" => ",@",
        _ => return None,
    })
}

pub(crate) fn record_type_name<'a>(record_type: Value) -> &'a str {
    if !record_type.is_object(ObjectTag::RecordType) || !record_type.field(0).is_object(ObjectTag::Symbol) {
        return "?";
    }
    let name = record_type.field(0).symbol_text();
    name.strip_prefix('<').and_then(|name| name.strip_suffix('>')).unwrap_or(name)
}

pub(crate) fn field_name<'a>(record: Value, index: usize) -> Option<&'a str> {
    if !record.is_object(ObjectTag::Record) || !record.field(0).is_object(ObjectTag::RecordType) {
        return None;
    }
    let names = record.field(0).field(1);
    let names = names.is_object(ObjectTag::Vector).then(|| names.fields())?;
    names.get(index - 1).filter(|name| name.is_object(ObjectTag::Symbol)).map(|name| name.symbol_text())
}

/// Things that are just named.
fn opaque_text(value: Value) -> String {
    match value.header().tag() {
        ObjectTag::Closure => match &*Code::of(value).name {
            "" => "#<procedure>".to_string(),
            name => format!("#<procedure {name}>"),
        },
        ObjectTag::Primitive => {
            let entry = crate::primitives::table().get(value.raw(0) as usize);
            format!("#<procedure {}>", entry.map_or("?", |entry| entry.name))
        }
        ObjectTag::Continuation => "#<continuation>".to_string(),
        ObjectTag::RecordType => format!("#<record-type {}>", record_type_name(value)),
        ObjectTag::HashTable => format!("#<hash-table {}>", crate::table::count(value)),
        ObjectTag::ActorReference => format!("#<actor {:08x}>", value.raw(0) as u32),
        ObjectTag::MonitorReference => format!("#<reference {:08x}>", value.raw(0) as u32),
        ObjectTag::Capability => crate::capability::capability_text(value),
        ObjectTag::WeakReference => "#<weak-reference>".to_string(),
        tag => format!("#<{}>", tag.name()),
    }
}

/// External representation of a value that is whole in its word: no reference.
pub fn immediate_text(value: Value) -> String {
    if let Some(number) = value.to_fixnum() {
        return number.to_string();
    }
    if value.is_tagged_flonum() {
        return format_flonum(value.as_tagged_flonum());
    }
    value.to_character().map_or_else(|| constant_text(value).to_string(), character_text)
}

fn constant_text(value: Value) -> &'static str {
    match value {
        Value::FALSE => "#f",
        Value::TRUE => "#t",
        Value::NIL => "()",
        Value::UNSPECIFIED => "#<unspecified>",
        Value::EOF => "#<eof>",
        _ => "#<unassigned>",
    }
}

/// External representation of a character.
pub(crate) fn character_text(character: char) -> String {
    let name = match character {
        '\u{7}' => "alarm",
        '\u{8}' => "backspace",
        '\u{7f}' => "delete",
        '\u{1b}' => "escape",
        '\n' => "newline",
        '\0' => "null",
        '\r' => "return",
        ' ' => "space",
        '\t' => "tab",
        _ => {
            let mut text = String::from("#\\");
            if character.is_control() || character.is_whitespace() {
                let _ = write!(text, "x{:x}", character as u32);
            } else {
                text.push(character);
            }
            return text;
        }
    };
    format!("#\\{name}")
}

/// Can the symbol be written without bars?
fn is_plain_symbol(text: &str) -> bool {
    let odd = |character: char| {
        character.is_whitespace() || character.is_control() || "()\"';`,|\\{}[]".contains(character)
    };
    !text.is_empty()
        && text != "."
        && !text.starts_with('#')
        && !text.chars().any(odd)
        && parse(text, 10) == Parsed::None
}

/// Looks for objects that need labels: those on a cycle that is closed at them, or all that are met twice.
fn find_labels(root: Value, shared: bool, nodes_max: usize) -> Labels {
    if !shared && is_small_tree(root) {
        return Labels::default();
    }
    let mut labels = Labels::default();
    // True while the object is being visited.
    let mut open: WordMap<u64, bool> = WordMap::default();
    let mut tasks = vec![(root, false)];
    while let Some((value, leaving)) = tasks.pop() {
        if leaving {
            open.insert(value.bits(), false);
            continue;
        }
        let Some(children) = printed_children(value) else { continue };
        match open.get(&value.bits()) {
            Some(under_way) => {
                if shared || *under_way {
                    labels.insert(value.bits(), None);
                }
                continue;
            }
            None if open.len() >= nodes_max => return labels,
            None => open.insert(value.bits(), true),
        };
        tasks.push((value, true));
        tasks.extend(children.iter().filter(|child| child.is_reference()).map(|child| (*child, false)));
    }
    labels
}

fn is_small_tree(root: Value) -> bool {
    let mut tasks = vec![root];
    let mut visited = 0;
    while let Some(value) = tasks.pop() {
        visited += 1;
        if visited > QUICK_SCAN_MAX {
            return false;
        }
        if let Some(children) = printed_children(value) {
            if children.len() > QUICK_SCAN_MAX {
                return false;
            }
            tasks.extend(children.iter().filter(|child| child.is_reference()));
        }
    }
    true
}

/// What is printed inside of an object.
fn printed_children<'a>(value: Value) -> Option<&'a [Value]> {
    use ObjectTag::{Box, ErrorObject, Pair, Record, Values, Vector};
    match value.object_tag()? {
        Pair | Vector | Box | Record | Values => Some(value.fields()),
        ErrorObject => Some(&value.fields()[1..3]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arena::SharedHeap;

    fn written(value: Value) -> String {
        write_value(value, Mode::Write, 10_000)
    }

    fn list(heap: &mut SharedHeap, elements: &[Value], tail: Value) -> Value {
        elements.iter().rev().fold(tail, |rest, element| heap.object(ObjectTag::Pair, &[*element, rest]))
    }

    #[test]
    fn data_is_written_as_it_is_read() {
        let heap = &mut SharedHeap::new();
        let text = heap.string("a\"b\\c\n\u{1}");
        let symbol = heap.symbol("hello world|");
        let number_like = heap.symbol("+1");
        let plain = heap.symbol("list->vector");
        let bytes = heap.bytevector(&[1, 255]);
        let vector = heap.object(ObjectTag::Vector, &[Value::TRUE, Value::character('x')]);
        let all = [text, symbol, number_like, plain, bytes, vector, Value::NIL, Value::character(' ')];
        let all = list(heap, &all, Value::fixnum(5));
        assert_eq!(
            written(all),
            r#"("a\"b\\c\n\x1;" |hello world\|| |+1| list->vector #u8(1 255) #(#t #\x) () #\space . 5)"#
        );
        let quote = heap.symbol("quote");
        let quoted = list(heap, &[quote, plain], Value::NIL);
        assert_eq!(written(quoted), "'list->vector");
        assert_eq!(write_value(text, Mode::Display, 100), "a\"b\\c\n\u{1}");
        assert_eq!(write_value(Value::character('é'), Mode::Display, 100), "é");
    }

    #[test]
    fn cycles_get_labels_and_shared_parts_do_not() {
        let heap = &mut SharedHeap::new();
        let shared = list(heap, &[Value::fixnum(1)], Value::NIL);
        let twice = list(heap, &[shared, shared], Value::NIL);
        assert_eq!(written(twice), "((1) (1))");
        assert_eq!(write_value(twice, Mode::WriteShared, 100), "(#0=(1) #0#)");
        let circle = list(heap, &[Value::fixnum(1), Value::fixnum(2)], Value::NIL);
        circle.cdr().init_field(1, circle);
        assert_eq!(written(circle), "#0=(1 2 . #0#)");
        circle.init_field(0, circle);
        assert_eq!(written(circle), "#0=(#0# 2 . #0#)");
        let text = write_value(circle, Mode::WriteSimple, 20);
        assert!(text.ends_with("...") && text.len() == 23, "{text}");
    }

    #[test]
    fn text_is_cut_at_its_limit_and_depth_does_not_matter() {
        let heap = &mut SharedHeap::new();
        let deep = (0..100_000).fold(Value::NIL, |inner, _| list(heap, &[inner], Value::NIL));
        assert_eq!(write_value(deep, Mode::Write, 5), "(((((...");
        assert_eq!(written(deep).len(), 10_003);
        let text = heap.string("hello");
        assert_eq!(write_value(text, Mode::Display, 5), "hello");
        assert_eq!(write_value(text, Mode::Display, 4), "hell...");
        assert_eq!(write_value(Value::fixnum(123_456), Mode::Write, 3), "123...");
        let bytes = heap.bytevector(&[1; 100]);
        assert_eq!(write_value(bytes, Mode::Write, 6), "#u8(1 ...");
    }

    #[test]
    fn conditions_read_as_sentences() {
        let heap = &mut SharedHeap::new();
        let kind = heap.symbol("type-error");
        let message = heap.string("car: expected a pair, got");
        let irritant = heap.string("x");
        let irritants = list(heap, &[irritant], Value::NIL);
        let error = heap.object(ObjectTag::ErrorObject, &[kind, message, irritants, Value::FALSE]);
        assert_eq!(report(error), "car: expected a pair, got \"x\"");
        assert_eq!(report(Value::fixnum(42)), "raised: 42");
        assert_eq!(written(error), "#<type-error \"car: expected a pair, got\" \"x\">");
        let name = heap.symbol("<point>");
        let field = heap.symbol("x");
        let fields = heap.object(ObjectTag::Vector, &[field]);
        let identity = heap.raw(ObjectTag::MonitorReference, &[1, 2]);
        let record_type = heap.object(ObjectTag::RecordType, &[name, fields, identity]);
        let record = heap.object(ObjectTag::Record, &[record_type, Value::fixnum(1)]);
        assert_eq!(written(record), "#<record point x: 1>");
        assert_eq!(written(heap.raw(ObjectTag::ActorReference, &[0x1a2b, 0, 0])), "#<actor 00001a2b>");
    }
}
