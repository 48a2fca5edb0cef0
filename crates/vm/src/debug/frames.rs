//! Frames as people see them, and where each of their variables is held.
//!
//! 1. The machine's own frames are left out everywhere; frames of the library are marked.
//! 2. A [`Home`] is good until the machine runs or collects.

use arena::{ObjectTag, Value};
use bytecode::{CodeOffset, Instruction, Span};

use super::Site;
use crate::code::{Code, REST};
use crate::library::Linker;
use crate::machine::{Machine, State};
use crate::stack::Frame;

/// Handlers, winds and parameters told.
const DYNAMIC_MAX: usize = 100;

/// Where a variable is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home {
    pub(crate) place: HomePlace,
    /// What is held there is a box with the value, if it is a box.
    pub(crate) is_boxed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum HomePlace {
    /// A word of the stack, in the frame whose slot 0 is at `fp`.
    Stack { index: usize, fp: usize },
    /// A field of an object: a closure, or a segment of frames.
    Object { holder: Value, index: usize },
}

impl Home {
    /// What is held there, a box or not.
    pub(crate) fn read(self, state: &State) -> Value {
        match self.place {
            HomePlace::Stack { index, .. } => state.stack[index],
            HomePlace::Object { holder, index } => holder.field(index),
        }
    }
}

/// A variable of a frame.
#[derive(Clone, Debug)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// It belongs to the closure, not to the frame.
    pub is_captured: bool,
    pub(crate) home: Home,
}

/// A frame as people see it.
#[derive(Clone, Debug)]
pub struct FrameView {
    /// Procedure name, or empty.
    pub procedure: String,
    /// Unit, procedure and offset in its bytecode.
    pub site: (u32, u32, CodeOffset),
    /// Where in the source.
    pub span: Option<Span>,
    /// It belongs to the library.
    pub is_library: bool,
    /// What it was called with; where the program assigned a parameter since, the new value.
    pub arguments: Vec<Value>,
    /// Variables. An unassigned one is left out.
    pub variables: Vec<VariableView>,
}

impl State {
    /// Unit, procedure and offset of the frames of programs among the innermost `limit`.
    pub(crate) fn program_sites(&self, limit: usize) -> Vec<Site> {
        let frames = self.frames(limit);
        let codes = frames.iter().map(|frame| (frame, Code::of(frame.closure)));
        let programs = codes.filter(|(_, code)| code.unit != 0);
        programs
            .map(|(frame, code)| {
                (code.unit, code.procedure, code.offset_at(frame.pc, frame.is_return_address))
            })
            .collect()
    }
}

impl Machine {
    /// The value of the global variable in `slot`, if it has one.
    pub fn global(&self, slot: u32) -> Option<Value> {
        Some(self.state.globals.get(slot)).filter(|value| *value != Value::UNBOUND)
    }

    /// Handlers, winds and parameters in force, innermost first, as `write` shows them; at most a hundred.
    #[optimize(size)]
    pub fn dynamic_entries(&self) -> Vec<String> {
        let mut entries = Vec::new();
        let mut rest = self.state.dynamic;
        while rest.is_pair() && entries.len() < DYNAMIC_MAX {
            entries.push(crate::runtime::brief(rest.car()));
            rest = rest.cdr();
        }
        entries
    }

    /// The frames, innermost first, at most `limit`; the machine's own are left out.
    pub fn frames(&self, linker: &Linker, limit: usize) -> Vec<FrameView> {
        let frames = self.state.frames(limit);
        frames.iter().filter_map(|frame| view(frame, linker)).collect()
    }

    /// Where the machine is: unit, procedure, offset, in the innermost frame of a program.
    pub fn place(&self) -> Option<Site> {
        self.state.program_sites(8).first().copied()
    }

    /// Line of [`Machine::place`]; 0 when unknown. Cheap.
    #[optimize(size)]
    pub fn line(&self) -> u32 {
        let code = self.state.running_code();
        if code.unit != 0 && !code.internal {
            return code.line_at(code.offset_at(self.state.pc, false)).1;
        }
        let frames = self.state.frames(4);
        let frame = frames.iter().find(|frame| Code::of(frame.closure).unit != 0);
        frame.map_or(0, |frame| {
            let code = Code::of(frame.closure);
            code.line_at(code.offset_at(frame.pc, frame.is_return_address)).1
        })
    }
}

#[optimize(size)]
fn view(frame: &Frame, linker: &Linker) -> Option<FrameView> {
    let code = Code::of(frame.closure);
    if code.internal {
        return None;
    }
    let unit = linker.unit(code.unit)?;
    let procedure = unit.procedure(code.procedure);
    let offset = code.offset_at(frame.pc, frame.is_return_address);
    let mut variables = Vec::new();
    for variable in &procedure.variables {
        if variable.start <= offset && offset < variable.end {
            let physical = variable.slot as usize + usize::from(u32::from(variable.slot) >= code.parameters);
            let Some(held) = frame.slots.get(physical).copied() else { continue };
            let home = Home { place: frame.home(physical), is_boxed: variable.boxed };
            push_variable(&mut variables, &variable.name, held, home, false);
        }
    }
    for (index, (name, boxed)) in procedure.captures.iter().enumerate() {
        let place = HomePlace::Object { holder: frame.closure, index: 1 + index };
        let home = Home { place, is_boxed: *boxed };
        push_variable(&mut variables, name, frame.closure.field(1 + index), home, true);
    }
    Some(FrameView {
        procedure: procedure.name.clone(),
        site: (code.unit, code.procedure, offset),
        span: unit.span_at(code.procedure, offset),
        is_library: code.unit == 0,
        arguments: arguments(frame, code),
        variables,
    })
}

/// Arguments looked at of those that a procedure takes as a list.
const REST_SHOWN_MAX: usize = 20;

#[optimize(size)]
fn arguments(frame: &Frame, code: &Code) -> Vec<Value> {
    let slots = frame.slots.iter().take(code.parameters as usize);
    let mut arguments: Vec<Value> = slots.map(|slot| unboxed(*slot)).collect();
    if code.arity & REST != 0
        && let Some(mut rest) = arguments.pop()
    {
        for _ in 0..REST_SHOWN_MAX {
            if !rest.is_pair() {
                break;
            }
            arguments.push(rest.car());
            rest = rest.cdr();
        }
    }
    arguments
}

fn unboxed(held: Value) -> Value {
    if held.is_object(ObjectTag::Box) { held.field(0) } else { held }
}

impl FrameView {
    /// Its variables, those that a name means first: what began later hides what began before, and all of them what the closure
    /// has captured.
    pub fn innermost_first(&self) -> impl Iterator<Item = &VariableView> {
        let own = self.variables.iter().rev().filter(|variable| !variable.is_captured);
        own.chain(self.variables.iter().filter(|variable| variable.is_captured))
    }

    /// The variable that a name means here.
    pub fn variable(&self, name: &str) -> Option<&VariableView> {
        self.innermost_first().find(|variable| variable.name == name)
    }

    /// Where the frame's procedure last read the global `name`, at or before the place where it is.
    #[optimize(size)]
    pub fn use_of_global(&self, linker: &Linker, name: &str) -> Option<Span> {
        let (unit, procedure, at) = self.site;
        let unit = linker.unit(unit)?;
        let code = &unit.program.procedures.get(procedure as usize)?.code;
        let reads = |instruction: Instruction| match instruction {
            Instruction::Global { global } => unit.program.globals[global.0 as usize] == name,
            _ => false,
        };
        let uses = bytecode::instructions(code).map_while(Result::ok);
        let last =
            uses.take_while(|(offset, ..)| *offset <= at).filter(|(_, read, _)| reads(*read)).last()?;
        unit.span_at(procedure, last.0)
    }
}

#[optimize(size)]
fn push_variable(variables: &mut Vec<VariableView>, name: &str, held: Value, home: Home, is_captured: bool) {
    let value = if home.is_boxed { unboxed(held) } else { held };
    if value != Value::UNBOUND {
        variables.push(VariableView { name: name.to_string(), value, is_captured, home });
    }
}
