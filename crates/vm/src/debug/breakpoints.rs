//! Breakpoints of one world: where code is patched, and what actors tell of.
//!
//! 1. A place in code is armed by putting [`Op::Break`] into its instruction word; operands stay, so that whoever reads a
//!    call's base from the word before a return address need not know. The operation that was there is kept here. So code
//!    without breakpoints runs as if there were none anywhere.
//! 2. Whoever arms and disarms code sees to it that nobody runs it, or begins to, meanwhile; and disarms what is armed before
//!    anything else is. The library's code is shared by all worlds and is never armed.
//! 3. Events are noticed by the instructions that cause them, before they do anything, if the actor's machine was told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::WordMap;

use crate::code::Unit;
use crate::instruction::Op;

/// Words behind a procedure's own.
const TAIL_WORDS: usize = 2;

/// What an actor does that one may want to stop before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// It sends a message.
    Send,
    /// It takes the message that it waited for.
    Receive,
    /// It makes an actor.
    Spawn,
    /// It ends.
    Exit,
    /// It raises an error, or any other object.
    Raise,
    /// It raises what nobody handles.
    Uncaught,
    /// It uses a capability.
    Capability,
    /// Its heap was collected: told after it happened, at the next instruction.
    Collection,
}

impl EventKind {
    /// Its bit in a set of kinds.
    pub const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// Where to stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// On a line of a file, or the next one below that has code. From 1.
    Line(String, u32),
    /// At an offset in the bytecode of the procedures of that name; the name is empty for a program's body.
    Offset(String, u32),
    /// Where procedures of that name begin.
    Procedure(String),
    /// Before this is done.
    Event(EventKind),
}

/// What became of a wanted place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// There is such code, or such an event.
    pub is_bound: bool,
    /// The line that it is on, where that is one line.
    pub line: Option<u32>,
}

/// A patched instruction.
#[derive(Debug)]
struct Armed {
    unit: Arc<Unit>,
    procedure: u32,
    instruction: usize,
    /// The operation that was there.
    op: u8,
    breakpoints: Vec<u32>,
}

/// The breakpoints of one world, shared by its actors.
#[derive(Debug, Default)]
pub struct Breakpoints {
    /// By address of the instruction.
    armed: WordMap<usize, Armed>,
    events: Vec<(EventKind, u32)>,
    hits: Vec<AtomicU64>,
}

impl Breakpoints {
    /// Arms the code of `units` for these places (invariant 2). The second part of the answer tells of each what became of it.
    #[optimize(size)]
    pub fn arm(units: &[Arc<Unit>], places: &[At]) -> (Breakpoints, Vec<Bound>) {
        let mut breakpoints = Breakpoints {
            hits: places.iter().map(|_| AtomicU64::new(0)).collect(),
            ..Breakpoints::default()
        };
        let bounds = places.iter().enumerate().map(|(index, place)| {
            let index = index as u32;
            if let At::Event(kind) = place {
                breakpoints.events.push((*kind, index));
                return Bound { is_bound: true, line: None };
            }
            let mut bound = Bound::default();
            for unit in units {
                let line = match place {
                    At::Line(file, line) => next_line_with_code(unit, file, *line),
                    _ => None,
                };
                for (procedure, instruction) in sites(unit, place, line) {
                    bound = Bound { is_bound: true, line };
                    breakpoints.arm_instruction(unit, procedure, instruction, index);
                }
            }
            bound
        });
        let bounds = bounds.collect();
        (breakpoints, bounds)
    }

    fn arm_instruction(&mut self, unit: &Arc<Unit>, procedure: u32, instruction: usize, index: u32) {
        let code = &unit.codes[procedure as usize];
        let address = code.instructions.as_ptr().wrapping_add(instruction) as usize;
        let armed = self.armed.entry(address).or_insert_with(|| {
            let op = code.instructions.set_op(instruction, Op::Break as u8);
            Armed { unit: unit.clone(), procedure, instruction, op, breakpoints: Vec::new() }
        });
        if !armed.breakpoints.contains(&index) {
            armed.breakpoints.push(index);
        }
    }

    /// Puts the code back as it was (invariant 2).
    pub fn disarm(&self) {
        for armed in self.armed.values() {
            let code = &armed.unit.codes[armed.procedure as usize];
            code.instructions.set_op(armed.instruction, armed.op);
        }
    }

    /// The instruction word at `pc` as it was before it was armed.
    #[inline]
    pub(crate) fn word(&self, pc: *const u64) -> u64 {
        // SAFETY: `pc` points to an instruction (the dispatch loop's invariant 2).
        let word = unsafe { *pc };
        if word as u8 != Op::Break as u8 {
            return word;
        }
        let op = self.armed.get(&(pc as usize)).map_or(Op::Break as u8, |armed| armed.op);
        word & !0xff | u64::from(op)
    }

    /// The breakpoints at an armed instruction.
    pub(crate) fn at(&self, pc: *const u64) -> &[u32] {
        self.armed.get(&(pc as usize)).map_or(&[], |armed| &armed.breakpoints)
    }

    /// The breakpoints on an event.
    pub fn on(&self, kind: EventKind) -> Vec<u32> {
        // What nobody handles is raised, too.
        let is_meant =
            |known: EventKind| known == kind || (kind == EventKind::Uncaught && known == EventKind::Raise);
        self.events.iter().filter(|(known, _)| is_meant(*known)).map(|(_, index)| *index).collect()
    }

    /// The events that somebody waits for, as bits.
    pub fn events(&self) -> u16 {
        self.events.iter().fold(0, |bits, (kind, _)| bits | kind.bit())
    }

    /// Nothing is armed, and no event is waited for.
    pub fn is_empty(&self) -> bool {
        self.armed.is_empty() && self.events.is_empty()
    }

    /// Breakpoint `index` was met once more; answers how often in all.
    pub fn count(&self, index: u32) -> u64 {
        self.hits.get(index as usize).map_or(0, |hits| hits.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How often each was met.
    pub fn hits(&self) -> Vec<u64> {
        self.hits.iter().map(|hits| hits.load(Ordering::Relaxed)).collect()
    }

    /// Goes on counting from there.
    pub fn set_hits(&self, index: usize, hits: u64) {
        if let Some(known) = self.hits.get(index) {
            known.store(hits, Ordering::Relaxed);
        }
    }
}

/// Index of a source file.
fn file_of(unit: &Unit, name: &str) -> Option<u16> {
    unit.program.files.iter().position(|source| source.name == name).map(|index| index as u16)
}

/// The first line from `line` on at which code of the file begins.
#[optimize(size)]
fn next_line_with_code(unit: &Unit, file: &str, line: u32) -> Option<u32> {
    let file = file_of(unit, file)?;
    let spans = unit.program.procedures.iter().flat_map(|procedure| &procedure.spans);
    spans.filter(|(_, span)| span.file == file && span.line >= line).map(|(_, span)| span.line).min()
}

/// The instructions that a place stands for: procedure and index of the word.
#[optimize(size)]
fn sites(unit: &Unit, place: &At, line: Option<u32>) -> Vec<(u32, usize)> {
    let mut sites = Vec::new();
    for (index, procedure) in unit.program.procedures.iter().enumerate() {
        let mut add = |offset: u32| {
            let code = &unit.codes[index];
            // The two words after the procedure's own carry offset 0 and lie behind it.
            let offsets = &code.offsets[..code.offsets.len().saturating_sub(TAIL_WORDS)];
            let Some(at) = offsets.iter().copied().filter(|at| *at >= offset).min() else { return };
            // What is tested at a loop's start stands at its end as well.
            for (instruction, known) in offsets.iter().enumerate() {
                if *known == at && (instruction == 0 || offsets[instruction - 1] != at) {
                    sites.push((index as u32, instruction));
                }
            }
        };
        match place {
            At::Line(file, _) => {
                let (Some(file), Some(line)) = (file_of(unit, file), line) else { return sites };
                let mut previous = None;
                for (offset, span) in &procedure.spans {
                    let here = (span.file, span.line);
                    if here == (file, line) && previous != Some(here) {
                        add(offset.0);
                    }
                    previous = Some(here);
                }
            }
            At::Offset(name, offset) if *name == procedure.name => add(*offset),
            At::Procedure(name) if *name == procedure.name && !name.is_empty() => add(0),
            _ => {}
        }
    }
    sites
}
