//! The disassembler: code as text for people, with names in place of indices.
//!
//! 1. It accepts any program, verified or not: an index out of range is shown as such, code that does not decode
//!    ends the procedure's listing with the reason.
//! 2. A line is: source line where it changes, `>` at a jump target, offset, name, operands, `;` and their meaning.
//!    Jump targets are absolute offsets.

use crate::{
    CodeOffset, ConstIndex, Constant, Instruction, Opcode, Operand, Procedure, ProcedureIndex, Program,
    instructions,
};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Characters after which a constant is cut off.
const CONSTANT_CHARACTERS_MAX: usize = 60;

/// Nesting after which a constant is cut off.
const CONSTANT_DEPTH_MAX: u32 = 8;

/// The whole program as text.
pub fn disassemble(program: &Program) -> String {
    let mut text = String::new();
    for index in 0..program.procedures.len() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&disassemble_procedure(program, ProcedureIndex(index as u32)));
    }
    text
}

/// One procedure as text; empty when `program` has no such procedure.
pub fn disassemble_procedure(program: &Program, index: ProcedureIndex) -> String {
    let Some(procedure) = program.procedures.get(index.0 as usize) else { return String::new() };
    let mut text = heading(index, procedure);
    for line in disassemble_lines(program, index) {
        let source = if line.source_line_changes { line.source_line.to_string() } else { String::new() };
        let mark = if line.is_jump_target { '>' } else { ' ' };
        let mut listing =
            format!("{source:>5} {mark}{:>5}  {:<20}{:<8}", line.at.0, line.name, line.operands);
        if !line.meaning.is_empty() {
            let _ = write!(listing, "; {}", line.meaning);
        }
        text.push_str(listing.trim_end());
        text.push('\n');
    }
    text
}

/// One line of a listing, in parts, for views that lay it out themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where the instruction stands.
    pub at: CodeOffset,
    /// Its opcode; `None` when the bytes do not decode.
    pub opcode: Option<Opcode>,
    /// Its name, or `(invalid)`.
    pub name: &'static str,
    /// Operands as numbers, jump targets as absolute offsets.
    pub operands: String,
    /// What the operands name, or why the bytes do not decode.
    pub meaning: String,
    /// Line in the source, from 1; 0 when unknown.
    pub source_line: u32,
    /// The source line is not that of the line before.
    pub source_line_changes: bool,
    /// Another instruction jumps here.
    pub is_jump_target: bool,
}

/// The listing of one procedure; empty when `program` has no such procedure.
pub fn disassemble_lines(program: &Program, index: ProcedureIndex) -> Vec<Line> {
    let Some(procedure) = program.procedures.get(index.0 as usize) else { return Vec::new() };
    let targets = jump_targets(procedure);
    let mut lines: Vec<Line> = Vec::new();
    let mut next = CodeOffset(0);
    for item in instructions(&procedure.code) {
        let previous = lines.last().map_or(0, |line| line.source_line);
        let line = match item {
            Ok((at, instruction, end)) => {
                next = end;
                let (operands, meaning) = describe(program, procedure, at, &instruction, end);
                let opcode = instruction.opcode();
                Line { opcode: Some(opcode), name: opcode.name(), operands, meaning, ..blank(procedure, at) }
            }
            Err(error) => Line { meaning: error.to_string(), ..blank(procedure, next) },
        };
        lines.push(Line {
            source_line_changes: line.source_line != previous && line.source_line != 0,
            is_jump_target: targets.contains(&line.at),
            ..line
        });
    }
    lines
}

fn blank(procedure: &Procedure, at: CodeOffset) -> Line {
    Line {
        at,
        opcode: None,
        name: "(invalid)",
        operands: String::new(),
        meaning: String::new(),
        source_line: procedure.span_at(at).map_or(0, |span| span.line),
        source_line_changes: false,
        is_jump_target: false,
    }
}

fn heading(index: ProcedureIndex, procedure: &Procedure) -> String {
    let name = if procedure.name.is_empty() { "(anonymous)" } else { &procedure.name };
    let plural = if procedure.required == 1 { "" } else { "s" };
    let rest = if procedure.rest { " and a list of the rest" } else { "" };
    let mut text = format!(
        "procedure {}: {name}, line {}: {} argument{plural}{rest}, {} frame slots\n",
        index.0, procedure.span.line, procedure.required, procedure.frame_slots
    );
    if !procedure.captures.is_empty() {
        let names =
            procedure.captures.iter().enumerate().map(|(index, (name, boxed))| {
                format!("{index}: {name}{}", if *boxed { " (boxed)" } else { "" })
            });
        let _ = writeln!(text, "captures {}", names.collect::<Vec<_>>().join(", "));
    }
    text
}

fn jump_targets(procedure: &Procedure) -> BTreeSet<CodeOffset> {
    instructions(&procedure.code)
        .filter_map(Result::ok)
        .filter_map(|(_, instruction, end)| instruction.jump_offset()?.target(end))
        .collect()
}

/// Operands as numbers, and what they mean.
fn describe(
    program: &Program,
    procedure: &Procedure,
    at: CodeOffset,
    instruction: &Instruction,
    end: CodeOffset,
) -> (String, String) {
    let mut operands = Vec::new();
    let mut meanings = Vec::new();
    for (_, operand) in instruction.operands() {
        let named = |name: Option<&String>| name.cloned().unwrap_or_else(|| "(out of range)".into());
        let (number, meaning) = match operand {
            Operand::Immediate(value) => (value.to_string(), None),
            Operand::Count(count) => (count.to_string(), None),
            Operand::ConstIndex(index) => (index.0.to_string(), Some(constant_text(program, index))),
            Operand::Global(index) => {
                (index.0.to_string(), Some(named(program.globals.get(index.0 as usize))))
            }
            Operand::Procedure(index) => {
                let name = program.procedures.get(index.0 as usize).map(|procedure| &procedure.name);
                (index.0.to_string(), Some(named(name)).filter(|name| !name.is_empty()))
            }
            Operand::Slot(slot) => {
                (slot.to_string(), procedure.variable_at(slot, end).or(procedure.variable_at(slot, at)))
            }
            // The closure that PatchCapture patches is another one.
            Operand::Capture(index) if instruction.opcode() == Opcode::PatchCapture => {
                (index.to_string(), None)
            }
            Operand::Capture(index) => {
                let name = procedure.captures.get(usize::from(index)).map(|(name, _)| name);
                (index.to_string(), Some(named(name)))
            }
            Operand::Jump(offset) => {
                let target = offset.target(end);
                (target.map_or("(out of range)".into(), |target| target.to_string()), None)
            }
        };
        operands.push(number);
        meanings.extend(meaning);
    }
    (operands.join(" "), meanings.join(", "))
}

impl Procedure {
    /// The span that holds at `at`, by binary search.
    pub fn span_at(&self, at: CodeOffset) -> Option<crate::Span> {
        let after = self.spans.partition_point(|(start, _)| *start <= at);
        self.spans.get(after.checked_sub(1)?).map(|(_, span)| *span)
    }

    /// Name of the innermost variable that `slot` holds at `at`.
    fn variable_at(&self, slot: u16, at: CodeOffset) -> Option<String> {
        let alive =
            |variable: &&crate::Variable| variable.slot == slot && variable.start <= at && at < variable.end;
        self.variables.iter().rev().find(alive).map(|variable| variable.name.clone())
    }
}

/// A constant as `write` would print it, cut off when it is long or deep.
pub fn constant_text(program: &Program, index: ConstIndex) -> String {
    let mut text = String::new();
    write_constant(program, index, CONSTANT_DEPTH_MAX, &mut text);
    if text.chars().count() > CONSTANT_CHARACTERS_MAX {
        text = text.chars().take(CONSTANT_CHARACTERS_MAX).collect();
        text.push('…');
    }
    text
}

/// Appends a constant; stops soon after the limit, so that time is bounded whatever the pool holds.
fn write_constant(program: &Program, index: ConstIndex, depth: u32, text: &mut String) {
    let Some(constant) = program.constants.get(index.0 as usize) else {
        text.push_str("(out of range)");
        return;
    };
    match constant {
        Constant::Nil => text.push_str("()"),
        Constant::Boolean(value) => text.push_str(if *value { "#t" } else { "#f" }),
        Constant::Unspecified => text.push_str("#<unspecified>"),
        Constant::Eof => text.push_str("#<eof>"),
        Constant::Integer(value) => text.push_str(&value.to_string()),
        Constant::BigInteger(digits) | Constant::Ratio(digits) => {
            text.extend(digits.chars().take(CONSTANT_CHARACTERS_MAX + 1))
        }
        Constant::Flonum(bits) => text.push_str(&flonum_text(f64::from_bits(*bits))),
        Constant::Character(value) => text.push_str(&character_text(*value)),
        Constant::String(value) => {
            text.push('"');
            value.chars().take(CONSTANT_CHARACTERS_MAX + 1).for_each(|char| match char {
                '"' | '\\' => text.extend(['\\', char]),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                control if control.is_control() => {
                    let _ = write!(text, "\\x{:x};", u32::from(control));
                }
                plain => text.push(plain),
            });
            text.push('"');
        }
        Constant::Symbol(name) => text.extend(name.chars().take(CONSTANT_CHARACTERS_MAX + 1)),
        Constant::Builtin(name) => {
            let _ = write!(text, "builtin {name}");
        }
        Constant::Bytevector(bytes) => {
            let shown = bytes.iter().take(CONSTANT_CHARACTERS_MAX / 2).map(u8::to_string);
            let _ = write!(text, "#u8({})", shown.collect::<Vec<_>>().join(" "));
        }
        Constant::Hole => {
            let _ = write!(text, "#{}#", index.0);
        }
        Constant::Pair(..) | Constant::Vector(_) | Constant::Knot { .. } if depth == 0 => text.push('…'),
        Constant::Knot { hole, whole } => {
            let _ = write!(text, "#{}=", hole.0);
            write_constant(program, *whole, depth - 1, text);
        }
        Constant::Vector(items) => {
            text.push_str("#(");
            for (position, item) in items.iter().enumerate() {
                if text.len() > CONSTANT_CHARACTERS_MAX * 4 {
                    break;
                }
                if position > 0 {
                    text.push(' ');
                }
                write_constant(program, *item, depth - 1, text);
            }
            text.push(')');
        }
        Constant::Pair(first, rest) => write_list(program, *first, *rest, depth, text),
    }
}

fn write_list(program: &Program, first: ConstIndex, mut rest: ConstIndex, depth: u32, text: &mut String) {
    text.push('(');
    write_constant(program, first, depth - 1, text);
    while text.len() <= CONSTANT_CHARACTERS_MAX * 4 {
        match program.constants.get(rest.0 as usize) {
            Some(Constant::Nil) => break,
            Some(Constant::Pair(first, next)) => {
                text.push(' ');
                write_constant(program, *first, depth - 1, text);
                rest = *next;
            }
            _ => {
                text.push_str(" . ");
                write_constant(program, rest, depth - 1, text);
                break;
            }
        }
    }
    text.push(')');
}

fn flonum_text(value: f64) -> String {
    if value.is_nan() {
        "+nan.0".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+inf.0".into() } else { "-inf.0".into() }
    } else {
        format!("{value:?}")
    }
}

fn character_text(value: char) -> String {
    let name = match value {
        '\u{7}' => "alarm",
        '\u{8}' => "backspace",
        '\u{7f}' => "delete",
        '\u{1b}' => "escape",
        '\n' => "newline",
        '\0' => "null",
        '\r' => "return",
        ' ' => "space",
        '\t' => "tab",
        control if control.is_control() => return format!("#\\x{:x}", u32::from(control)),
        plain => return format!("#\\{plain}"),
    };
    format!("#\\{name}")
}

#[cfg(test)]
mod tests;
