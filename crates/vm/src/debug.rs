//! Debugger hooks: breakpoints, steps, and looking at frames.
//!
//! 1. The dispatch loop calls [`Debugger::before`] in front of every instruction of a slice that runs with a debugger, and
//!    never otherwise, so that programs without breakpoints pay nothing.
//! 2. A stop leaves the machine in front of the instruction; the next slice begins with it and does not stop there again.

use arena::{Value, WordMap};
use bytecode::{CodeOffset, Instruction, Span};

use crate::code::{Code, REST, Unit};
use crate::library::Linker;
use crate::machine::{Machine, State, Vm};
use crate::stack::Frame;

/// Why a machine stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A breakpoint, by its index in the list that was set.
    Breakpoint(usize),
    /// A step is complete.
    Step,
}

/// How far to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// One instruction.
    Instruction,
    /// To another source line, or into a call.
    Into,
    /// To another source line in this frame or a caller's.
    Over,
    /// Until this frame has returned.
    Out,
}

/// A place where execution can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Site {
    unit: u32,
    procedure: u32,
    instruction: u32,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    kind: StepKind,
    line: (u16, u32),
    depth: usize,
    code: *const Code,
}

/// Breakpoints of one world, ready to be looked up. Plain data; each core uses a copy.
#[derive(Clone, Debug, Default)]
pub struct Debugger {
    sites: WordMap<Site, usize>,
    /// Hits since [`Debugger::take_hits`], by breakpoint.
    hits: Vec<u64>,
    enabled: Vec<bool>,
    step: Option<Step>,
    /// Do not stop in front of the very first instruction.
    leaving: bool,
}

// SAFETY: the code pointer is compared, never followed.
unsafe impl Send for Debugger {}

/// Where a breakpoint shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File name as in the unit's source files.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Stops, rather than only counts.
    pub enabled: bool,
}

impl Debugger {
    /// A debugger for these breakpoints over all units. The second part of the answer says for each whether there is code
    /// at its line.
    #[optimize(size)]
    pub fn new(units: &[&Unit], places: &[Place]) -> (Debugger, Vec<bool>) {
        let mut debugger = Debugger {
            hits: vec![0; places.len()],
            enabled: places.iter().map(|place| place.enabled).collect(),
            ..Debugger::default()
        };
        let mut bound = vec![false; places.len()];
        for unit in units {
            for (index, place) in places.iter().enumerate() {
                for site in sites_of_line(unit, &place.file, place.line) {
                    bound[index] = true;
                    debugger.sites.entry(site).or_insert(index);
                }
            }
        }
        (debugger, bound)
    }

    /// There is something to stop at.
    pub fn is_needed(&self) -> bool {
        self.step.is_some() || !self.sites.is_empty()
    }

    /// Begins a step of `machine` from where it stands.
    pub fn begin_step(&mut self, machine: &Machine, kind: StepKind) {
        let state = &machine.state;
        let code = state.running_code();
        let line = code.line_at(code.offset_at(state.pc, false));
        self.step = Some(Step { kind, line, depth: depth(state), code: &raw const *code });
        self.leaving = true;
    }

    /// The next slice begins where a stop was.
    pub fn resume(&mut self) {
        self.step = None;
        self.leaving = true;
    }

    /// The next slice begins where a stop was.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Sets what [`Debugger::is_leaving`] says.
    pub fn set_leaving(&mut self, leaving: bool) {
        self.leaving = leaving;
    }

    /// Breakpoint hits since the last call.
    pub fn take_hits(&mut self) -> Vec<u64> {
        let fresh = vec![0; self.hits.len()];
        std::mem::replace(&mut self.hits, fresh)
    }

    #[optimize(size)]
    pub(crate) fn before(&mut self, vm: &Vm<'_>) -> Option<StopReason> {
        let state = &*vm.state;
        if state.fp == 0 {
            // Between a return and the frame that comes back from the heap.
            return None;
        }
        let code = state.running_code();
        if code.internal || code.unit == 0 {
            return None;
        }
        let instruction = code.index_of(state.pc)? as u32;
        if std::mem::take(&mut self.leaving) {
            return None;
        }
        let site = Site { unit: code.unit, procedure: code.procedure, instruction };
        if let Some(index) = self.sites.get(&site) {
            self.hits[*index] += 1;
            if self.enabled[*index] {
                self.step = None;
                return Some(StopReason::Breakpoint(*index));
            }
        }
        let step = self.step?;
        let depth = depth(state);
        let line = code.line_at(code.offset_at(state.pc, false));
        let moved = line != step.line || &raw const *code != step.code || depth != step.depth;
        let done = match step.kind {
            StepKind::Instruction => true,
            StepKind::Into => moved && line != (0, 0),
            StepKind::Over => depth < step.depth || (depth == step.depth && moved && line != (0, 0)),
            StepKind::Out => depth < step.depth,
        };
        if done {
            self.step = None;
            return Some(StopReason::Step);
        }
        None
    }
}

/// Words of stack below the running frame, sealed ones included.
fn depth(state: &crate::machine::State) -> usize {
    state.under.depth_words() + state.fp - 1
}

/// The instructions at which execution comes to a line from another one.
#[optimize(size)]
fn sites_of_line(unit: &Unit, file: &str, line: u32) -> Vec<Site> {
    let Some(file) = unit.program.files.iter().position(|source| source.name == file) else {
        return Vec::new();
    };
    let mut sites = Vec::new();
    for (index, procedure) in unit.program.procedures.iter().enumerate() {
        let mut previous = None;
        for (offset, span) in &procedure.spans {
            let here = (span.file as usize, span.line);
            if here == (file, line) && previous != Some(here) {
                let code = &unit.codes[index];
                let instruction = code.offsets.partition_point(|at| *at < offset.0);
                // The two words after the procedure's own carry offset 0 and lie behind it.
                if instruction < code.offsets.len() && code.offsets[instruction] >= offset.0 {
                    sites.push(Site {
                        unit: unit.number,
                        procedure: index as u32,
                        instruction: instruction as u32,
                    });
                }
            }
            previous = Some(here);
        }
    }
    sites
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
    /// Variables: name, value, captured or not. An unassigned variable is left out.
    pub variables: Vec<(String, Value, bool)>,
}

impl State {
    /// Unit, procedure and offset of the frames of programs among the innermost `limit`.
    pub(crate) fn program_sites(&self, limit: usize) -> Vec<(u32, u32, CodeOffset)> {
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
    /// The frames, innermost first, at most `limit`; the machine's own are left out.
    pub fn frames(&self, linker: &Linker, limit: usize) -> Vec<FrameView> {
        let frames = self.state.frames(limit);
        frames.iter().filter_map(|frame| view(frame, linker)).collect()
    }

    /// Where the machine is: unit, procedure, offset, in the innermost frame of a program.
    pub fn place(&self) -> Option<(u32, u32, CodeOffset)> {
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
            let held = frame.slots.get(physical).copied();
            push_variable(&mut variables, &variable.name, held, variable.boxed, false);
        }
    }
    for (index, (name, boxed)) in procedure.captures.iter().enumerate() {
        push_variable(&mut variables, name, Some(frame.closure.field(1 + index)), *boxed, true);
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
    if held.is_object(arena::ObjectTag::Box) { held.field(0) } else { held }
}

impl FrameView {
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
fn push_variable(
    variables: &mut Vec<(String, Value, bool)>,
    name: &str,
    held: Option<Value>,
    boxed: bool,
    captured: bool,
) {
    let Some(held) = held else { return };
    let value = if boxed && held.is_object(arena::ObjectTag::Box) { held.field(0) } else { held };
    if value != Value::UNBOUND {
        variables.push((name.to_string(), value, captured));
    }
}
