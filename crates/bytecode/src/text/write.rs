//! From a program to its text.
//!
//! 1. Whatever the words cannot say in place (spans out of order, bytes that are no instructions, jumps to nowhere) has a
//!    form by numbers.

use std::collections::BTreeSet;
use std::fmt::{Display, Write};

use crate::{CodeOffset, Constant, Instruction, Operand, Procedure, Program, Span, decode};

/// Longest part of a source text on one line, bytes.
const TEXT_BYTES_MAX: usize = 100;

/// Everything that `program` holds, as [`crate::text`] says it. Time is linear.
#[optimize(size)]
pub fn to_text(program: &Program) -> String {
    let mut text = String::new();
    for file in &program.files {
        line(&mut text, format_args!("file {}", quoted(&file.name)));
        let mut rest = file.text.as_str();
        while !rest.is_empty() {
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1).min(TEXT_BYTES_MAX);
            let (part, after) = rest.split_at(rest.floor_char_boundary(end));
            line(&mut text, format_args!("  {}", quoted(part)));
            rest = after;
        }
    }
    for (index, constant) in program.constants.iter().enumerate() {
        line(&mut text, format_args!("constant {} ; {index}", constant_words(constant)));
    }
    for (index, name) in program.globals.iter().enumerate() {
        line(&mut text, format_args!("global {} ; {index}", quoted(name)));
    }
    for (index, procedure) in program.procedures.iter().enumerate() {
        line(&mut text, format_args!("\n; {index}"));
        write_procedure(program, procedure, &mut text);
    }
    text
}

fn line(text: &mut String, words: impl Display) {
    let written = writeln!(text, "{words}");
    debug_assert!(written.is_ok(), "a string takes all text");
}

#[optimize(size)]
fn quoted(content: &str) -> String {
    let mut text = String::from("\"");
    for char in content.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control.is_control() => text.push_str(&format!("\\x{:x};", u32::from(control))),
            plain => text.push(plain),
        }
    }
    text.push('"');
    text
}

fn joined<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for item in items {
        text.push_str(&format!(" {item}"));
    }
    text
}

#[optimize(size)]
fn constant_words(constant: &Constant) -> String {
    match constant {
        Constant::Nil => "nil".into(),
        Constant::Boolean(value) => format!("boolean {value}"),
        Constant::Unspecified => "unspecified".into(),
        Constant::Eof => "eof".into(),
        Constant::Integer(value) => format!("integer {value}"),
        Constant::BigInteger(digits) => format!("big {}", quoted(digits)),
        Constant::Flonum(bits) if f64::from_bits(*bits).is_finite() => {
            format!("float {:?}", f64::from_bits(*bits))
        }
        Constant::Flonum(bits) => format!("float {bits:#018x}"),
        Constant::Character(value) => format!("character {}", quoted(value.encode_utf8(&mut [0; 4]))),
        Constant::String(value) => format!("string {}", quoted(value)),
        Constant::Symbol(name) => format!("symbol {}", quoted(name)),
        Constant::Pair(first, rest) => format!("pair {} {}", first.0, rest.0),
        Constant::Vector(items) => format!("vector{}", joined(items.iter().map(|item| item.0))),
        Constant::Bytevector(bytes) => format!("bytevector{}", joined(bytes)),
        Constant::Builtin(name) => format!("builtin {}", quoted(name)),
        Constant::Ratio(text) => format!("ratio {}", quoted(text)),
        Constant::Hole => "hole".into(),
        Constant::Knot { hole, whole } => format!("knot {} {}", hole.0, whole.0),
    }
}

fn span_words(span: &Span) -> String {
    format!("{} {} {} {} {}", span.file, span.start, span.end, span.line, span.column)
}

#[optimize(size)]
fn write_procedure(program: &Program, procedure: &Procedure, text: &mut String) {
    let rest = if procedure.rest { " rest" } else { "" };
    let span = match procedure.span {
        span if span == Span::default() => String::new(),
        span => format!(" span {}", span_words(&span)),
    };
    let (name, required) = (quoted(&procedure.name), procedure.required);
    line(text, format_args!("procedure {name} {required}{rest} slots {}{span}", procedure.frame_slots));
    let boxed = |boxed: bool| if boxed { " boxed" } else { "" };
    for (name, is_boxed) in &procedure.captures {
        line(text, format_args!("  capture {}{}", quoted(name), boxed(*is_boxed)));
    }
    for variable in &procedure.variables {
        let (slot, start, end) = (variable.slot, variable.start, variable.end);
        let name = quoted(&variable.name);
        line(text, format_args!("  variable {name} {slot} {start} {end}{}", boxed(variable.boxed)));
    }
    let (starts, decoded) = instruction_starts(&procedure.code);
    let targets: BTreeSet<u32> = jumps(&procedure.code[..decoded]).collect();
    // In place only if each stands before an instruction, in order.
    let in_place = procedure.spans.is_sorted_by_key(|(start, _)| *start)
        && procedure.spans.iter().all(|(start, _)| starts.binary_search(&start.0).is_ok());
    let mut spans = procedure.spans.iter().peekable();
    if !in_place {
        for (start, span) in spans.by_ref() {
            line(text, format_args!("  span-at {start} {}", span_words(span)));
        }
    }
    for at in &starts {
        while let Some((_, span)) = spans.next_if(|(start, _)| start.0 <= *at) {
            line(text, format_args!("  span {}", span_words(span)));
        }
        if targets.contains(at) {
            line(text, format_args!("L{at}:"));
        }
        if let Ok((instruction, end)) = decode(&procedure.code, CodeOffset(*at)) {
            write_instruction(program, &instruction, end, &starts, text);
        }
    }
    if decoded < procedure.code.len() {
        line(text, format_args!("  bytes{}", joined(&procedure.code[decoded..])));
    }
}

/// Where instructions start, and where the first thing that is none does.
fn instruction_starts(code: &[u8]) -> (Vec<u32>, usize) {
    let mut starts = Vec::new();
    let mut at = CodeOffset(0);
    while let Ok((_, end)) = decode(code, at) {
        starts.push(at.0);
        at = end;
    }
    (starts, at.0 as usize)
}

/// Where the jumps of `code` lead.
fn jumps(code: &[u8]) -> impl Iterator<Item = u32> {
    crate::instructions(code)
        .map_while(Result::ok)
        .filter_map(|(_, instruction, end)| Some(instruction.jump_offset()?.target(end)?.0))
}

#[optimize(size)]
fn write_instruction(
    program: &Program,
    instruction: &Instruction,
    end: CodeOffset,
    starts: &[u32],
    text: &mut String,
) {
    let mut words = format!("  {}", instruction.opcode().name());
    let mut meaning = String::new();
    for (_, operand) in instruction.operands() {
        let word = match operand {
            Operand::Immediate(value) => value.to_string(),
            Operand::Count(value) | Operand::Slot(value) | Operand::Capture(value) => value.to_string(),
            Operand::ConstIndex(index) => {
                meaning = crate::constant_text(program, index);
                index.0.to_string()
            }
            Operand::Global(index) => {
                meaning = program.globals.get(index.0 as usize).map(|name| quoted(name)).unwrap_or_default();
                index.0.to_string()
            }
            Operand::Procedure(index) => {
                let procedure = program.procedures.get(index.0 as usize);
                meaning = procedure.map(|procedure| quoted(&procedure.name)).unwrap_or_default();
                index.0.to_string()
            }
            Operand::Jump(offset) => match offset.target(end) {
                Some(target) if starts.binary_search(&target.0).is_ok() => format!("L{target}"),
                _ => offset.0.to_string(),
            },
        };
        words.push(' ');
        words.push_str(&word);
    }
    if !meaning.is_empty() {
        // A symbol may hold what would end the line.
        let plain = meaning.chars().map(|char| if char.is_control() { ' ' } else { char });
        words = format!("{words:<32}; {}", plain.collect::<String>());
    }
    line(text, words);
}
