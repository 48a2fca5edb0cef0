//! From stack code to register code: the translator follows the operand stack of each procedure symbolically, so that a
//! value that already lies in a slot, or is a constant, is not moved until something needs it elsewhere.
//!
//! 1. The operand stack position `d` of the bytecode is the frame's slot `d` when it is an argument, else `d + 1`: the
//!    slot after the arguments holds the return address.
//! 2. At every label, call, and instruction that can end a slice, all positions below the operands of that instruction
//!    lie in their own slots, so that frames look the same whatever was put off before.
//! 3. A position that is put off names a constant or a slot that nobody has written since; a write to a slot first moves
//!    the positions that name it into their own.
//! 4. The program was verified: indices, depths and jump targets are right.

mod select;

use arena::{Value, WordMap};
use bytecode::{CodeOffset, Instruction, Procedure, Program};

use crate::code::Code;
use crate::instruction::{Op, abc, ad};
use crate::library::Builtins;
use crate::loader::LoadError;

/// Where the value of a stack position is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// In its own slot.
    Own,
    /// In another slot of the frame.
    Slot(u16),
    /// A constant.
    Constant(Value),
    /// The value of a global variable, not read yet.
    Global(u32),
}

/// What the procedures of a unit are translated against.
pub(crate) struct UnitView<'a> {
    pub(crate) program: &'a Program,
    pub(crate) constants: &'a [Value],
    pub(crate) slots: &'a [u32],
    /// Names of the globals.
    pub(crate) symbols: &'a [Value],
    pub(crate) closures: &'a [Option<Value>],
    pub(crate) addresses: &'a [*const Code],
}

/// A translated procedure.
pub(crate) struct Translated {
    pub(crate) instructions: Vec<u64>,
    pub(crate) offsets: Vec<u32>,
    pub(crate) globals: Vec<(u32, Value)>,
    pub(crate) children: Vec<*const Code>,
}

/// A jump whose target is not placed yet.
struct Fixup {
    word: usize,
    target: u32,
    short: bool,
}

/// Translates one procedure.
pub(crate) struct Translator<'a> {
    unit: &'a UnitView<'a>,
    builtins: &'a dyn Builtins,
    procedure: &'a Procedure,
    parameters: u16,
    /// Allow compare-and-jump with 16-bit distances.
    short_jumps: bool,
    stack: Vec<Place>,
    out: Translated,
    /// Instruction index by bytecode offset, for placed labels.
    placed: Vec<u32>,
    /// Depth at each jump target, once known.
    depths: Vec<Option<u16>>,
    is_target: Vec<bool>,
    /// A named variable begins here: its slot must hold it.
    variable_starts: WordMap<u32, Vec<u16>>,
    fixups: Vec<Fixup>,
    at: u32,
    /// Index of the instruction that has just written the top position's own slot, if it may be retargeted.
    producer: Option<usize>,
}

const UNPLACED: u32 = u32::MAX;

impl<'a> Translator<'a> {
    /// `None` when a short jump does not reach.
    pub(crate) fn run(
        unit: &'a UnitView<'a>,
        builtins: &'a dyn Builtins,
        procedure: &'a Procedure,
        short_jumps: bool,
    ) -> Result<Option<Translated>, LoadError> {
        let parameters = procedure.required + u16::from(procedure.rest);
        let size = procedure.code.len() + 1;
        let mut translator = Translator {
            unit,
            builtins,
            procedure,
            parameters,
            short_jumps,
            stack: vec![Place::Own; parameters as usize],
            out: Translated {
                instructions: Vec::new(),
                offsets: Vec::new(),
                globals: Vec::new(),
                children: Vec::new(),
            },
            placed: vec![UNPLACED; size],
            depths: vec![None; size],
            is_target: vec![false; size],
            variable_starts: WordMap::default(),
            fixups: Vec::new(),
            at: 0,
            producer: None,
        };
        translator.translate()?;
        Ok(translator.finish())
    }

    fn translate(&mut self) -> Result<(), LoadError> {
        let decoded = self.decode()?;
        for variable in &self.procedure.variables {
            if variable.slot >= self.parameters {
                self.variable_starts.entry(variable.start.0).or_default().push(variable.slot);
            }
        }
        let mut reachable = true;
        let mut index = 0;
        while index < decoded.len() {
            let (at, instruction, end) = &decoded[index];
            let here = at.0 as usize;
            // What is settled for a label belongs to what comes before it: whoever jumps there does not execute it.
            if self.is_target[here] {
                if reachable {
                    self.settle_all();
                    self.depths[here] = Some(self.stack.len() as u16);
                } else if let Some(depth) = self.depths[here] {
                    self.stack = vec![Place::Own; depth as usize];
                    reachable = true;
                }
                self.producer = None;
            }
            if !reachable {
                index += 1;
                continue;
            }
            for slot in self.variable_starts.remove(&at.0).unwrap_or_default() {
                if (slot as usize) < self.depth() {
                    self.settle(slot as usize);
                }
            }
            self.at = at.0;
            self.placed[here] = self.out.instructions.len() as u32;
            let next = decoded.get(index + 1).filter(|(next_at, ..)| !self.is_target[next_at.0 as usize]);
            let fused = next.is_some_and(|(_, next, next_end)| self.fuse(instruction, next, *next_end));
            if fused {
                index += 2;
                continue;
            }
            self.instruction(instruction, *end)?;
            reachable = instruction.falls_through();
            index += 1;
        }
        Ok(())
    }

    fn decode(&mut self) -> Result<Vec<(CodeOffset, Instruction, CodeOffset)>, LoadError> {
        let mut decoded = Vec::new();
        let mut at = CodeOffset(0);
        while (at.0 as usize) < self.procedure.code.len() {
            let (instruction, end) = bytecode::decode(&self.procedure.code, at)
                .map_err(|error| LoadError::Decode { procedure: self.procedure.name.clone(), error })?;
            let target = instruction.jump_offset().and_then(|offset| offset.target(end));
            // Instructions that are never reached may jump anywhere.
            if let Some(mark) = target.and_then(|target| self.is_target.get_mut(target.0 as usize)) {
                *mark = true;
            }
            decoded.push((at, instruction, end));
            at = end;
        }
        Ok(decoded)
    }

    fn finish(mut self) -> Option<Translated> {
        for fixup in &self.fixups {
            let target = self.placed[fixup.target as usize];
            debug_assert!(target != UNPLACED, "jump to {} was not placed", fixup.target);
            let distance = i64::from(target) - fixup.word as i64;
            let word = &mut self.out.instructions[fixup.word];
            if fixup.short {
                let distance = i16::try_from(distance).ok()?;
                *word |= u64::from(distance as u16) << 48;
            } else {
                *word |= u64::from(distance as i32 as u32) << 32;
            }
        }
        self.at = 0;
        let base = u32::from(self.procedure.frame_slots.max(self.parameters)) + 3;
        self.emit(ad(Op::Call, 0, u16::try_from(base).ok()?, 0));
        self.emit(ad(Op::SignalReturned, 0, 0, 0));
        Some(self.out)
    }

    // Slots and places.

    fn slot(&self, position: usize) -> u16 {
        position as u16 + u16::from(position >= self.parameters as usize)
    }

    fn depth(&self) -> usize {
        self.stack.len()
    }

    fn emit(&mut self, word: u64) -> usize {
        self.producer = None;
        self.out.instructions.push(word);
        self.out.offsets.push(self.at);
        self.out.instructions.len() - 1
    }

    fn emit_constant(&mut self, word: u64, constant: Value) -> usize {
        let index = self.emit(word);
        self.emit(constant.bits());
        index
    }

    /// Puts the value of `position` into its own slot.
    fn settle(&mut self, position: usize) {
        let own = self.slot(position);
        match self.stack[position] {
            Place::Own => return,
            Place::Slot(from) => self.emit(abc(Op::Move, 0, own, from, 0)),
            Place::Constant(value) => self.emit_constant(ad(Op::Constant, 0, own, 0), value),
            Place::Global(slot) => self.emit(ad(Op::Global, 0, own, slot)),
        };
        self.stack[position] = Place::Own;
    }

    fn settle_below(&mut self, depth: usize) {
        for position in 0..depth {
            self.settle(position);
        }
    }

    fn settle_all(&mut self) {
        self.settle_below(self.depth());
    }

    /// Before slot `slot` is written: whoever still names it moves out.
    fn protect(&mut self, slot: u16) {
        for position in 0..self.depth() {
            if self.stack[position] == Place::Slot(slot) {
                self.settle(position);
            }
        }
    }

    fn push(&mut self, place: Place) {
        self.stack.push(place);
        self.producer = None;
    }

    /// The next position to be pushed, as a destination; nobody names its slot.
    fn destination(&mut self) -> u16 {
        let slot = self.slot(self.depth());
        self.protect(slot);
        slot
    }

    /// Emits an instruction that writes the slot of the next position, and pushes it.
    fn produce(&mut self, word: u64) {
        let index = self.emit(word);
        self.stack.push(Place::Own);
        self.producer = Some(index);
    }

    /// A slot from which the value of `position` can be read.
    fn operand(&mut self, position: usize) -> u16 {
        match self.stack[position] {
            Place::Own => self.slot(position),
            Place::Slot(slot) => slot,
            Place::Constant(_) | Place::Global(_) => {
                self.settle(position);
                self.slot(position)
            }
        }
    }

    fn small(&self, position: usize) -> Option<i16> {
        match self.stack[position] {
            Place::Constant(value) => value.to_fixnum().and_then(|integer| i16::try_from(integer).ok()),
            _ => None,
        }
    }

    fn drop_to(&mut self, depth: usize) {
        self.stack.truncate(depth);
        self.producer = None;
    }

    fn header_slot(&self) -> u16 {
        self.parameters
    }

    fn jump_to(&mut self, word: usize, end: CodeOffset, offset: bytecode::JumpOffset, short: bool) {
        let target = offset.target(end).expect("verified").0;
        self.depths[target as usize] = Some(self.stack.len() as u16);
        self.fixups.push(Fixup { word, target, short });
    }
}
