//! From stack code to register code: the loader follows the operand stack of each procedure symbolically, so that a
//! value that already lies in a slot, or is a constant, is not moved until something needs it elsewhere.
//!
//! 1. The operand stack position `d` of the bytecode is the frame's slot `d` when it is an argument, else `d + 1`: the
//!    slot after the arguments holds the return address.
//! 2. At every label, call, and instruction that can end a slice, all positions below the operands of that instruction
//!    lie in their own slots, so that frames look the same whatever was put off before.
//! 3. A position that is put off names a constant or a slot that nobody has written since; a write to a slot first moves
//!    the positions that name it into their own.
//! 4. The program was verified: indices, depths and jump targets are right.

use std::collections::HashMap;

use arena::{ObjectTag, SharedHeap, Value};
use bytecode::{CodeOffset, Constant, Instruction, Procedure, ProcedureIndex, Program};

use crate::code::{Code, REST, Unit};
use crate::error::Trap;
use crate::instruction::{Op, abc, ad};
use crate::library::{Builtins, Names};
use crate::machine::PrimitiveEntry;
use crate::number;

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

/// Why a verified program cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It names a builtin that this machine lacks.
    #[error("this machine has no builtin `{0}`")]
    UnknownBuiltin(String),
    /// It calls something as a primitive that is a library procedure.
    #[error("`{0}` is not a primitive")]
    NotPrimitive(String),
    /// A primitive is called with too few or too many arguments.
    #[error("primitive `{name}` does not take {count} arguments")]
    PrimitiveCount {
        /// The primitive.
        name: String,
        /// Arguments given.
        count: u16,
    },
    /// A number constant that cannot be made.
    #[error("the constant {0} cannot be made")]
    Constant(String),
    /// The procedure needs more slots than an instruction can name.
    #[error("procedure `{0}` is too large for the machine; split it")]
    TooLarge(String),
    /// The bytes are no code.
    #[error("procedure `{procedure}`: {error}")]
    Decode {
        /// Which.
        procedure: String,
        /// What is wrong.
        error: bytecode::DecodeError,
    },
}

/// Loads a verified program as unit `number`. `exports` are builtins that the unit itself makes.
pub(crate) fn load(
    program: Program,
    number: u32,
    exports: &[(String, ProcedureIndex)],
    builtins: &dyn Builtins,
    names: &mut dyn Names,
) -> Result<Unit, LoadError> {
    let mut shared = SharedHeap::new();
    let slots: Vec<u32> = program.globals.iter().map(|name| names.global_slot(name)).collect();
    let mut codes: Vec<Code> = (0..program.procedures.len())
        .map(|index| empty_code(&program.procedures[index], number, index as u32))
        .collect();
    let closures: Vec<Option<Value>> = codes
        .iter()
        .zip(&program.procedures)
        .map(|(code, procedure)| {
            let word = Code::word(&raw const *code);
            procedure.captures.is_empty().then(|| shared.object(ObjectTag::Closure, &[word]))
        })
        .collect();
    let own = |name: &str| {
        let export = exports.iter().find(|(exported, _)| exported == name);
        export.and_then(|(_, index)| closures[index.0 as usize])
    };
    let constants =
        literals(&program, &|name| own(name).or_else(|| builtins.value(name)), names, &mut shared)?;
    let addresses: Vec<*const Code> = codes.iter().map(|code| &raw const *code).collect();
    for (index, procedure) in program.procedures.iter().enumerate() {
        let unit = UnitView {
            program: &program,
            constants: &constants,
            slots: &slots,
            closures: &closures,
            addresses: &addresses,
        };
        let translated = match Translator::run(&unit, builtins, procedure, true)? {
            Some(translated) => translated,
            None => Translator::run(&unit, builtins, procedure, false)?
                .ok_or_else(|| LoadError::TooLarge(procedure.name.clone()))?,
        };
        let code = &mut codes[index];
        code.instructions = translated.instructions.into_boxed_slice();
        code.offsets = translated.offsets.into_boxed_slice();
        code.globals = translated.globals.into_boxed_slice();
        code.children = translated.children;
        code.entry = code.instructions.as_ptr();
    }
    Ok(Unit { program, codes, closures, _shared: shared, number })
}

fn empty_code(procedure: &Procedure, unit: u32, index: u32) -> Code {
    let parameters = u32::from(procedure.required) + u32::from(procedure.rest);
    Code {
        entry: std::ptr::null(),
        arity: u32::from(procedure.required) | if procedure.rest { REST } else { 0 },
        frame_words: u32::from(procedure.frame_slots).max(parameters) + 2,
        parameters,
        unit,
        procedure: index,
        internal: false,
        instructions: Box::new([]),
        offsets: Box::new([]),
        lines: lines_of(procedure),
        name: procedure.name.as_str().into(),
        globals: Box::new([]),
        children: Vec::new(),
    }
}

fn lines_of(procedure: &Procedure) -> Box<[(u32, u16, u32)]> {
    let mut lines: Vec<(u32, u16, u32)> = Vec::new();
    for (offset, span) in &procedure.spans {
        if lines.last().is_none_or(|(_, file, line)| (*file, *line) != (span.file, span.line)) {
            lines.push((offset.0, span.file, span.line));
        }
    }
    lines.into()
}

fn literals(
    program: &Program,
    builtin: &dyn Fn(&str) -> Option<Value>,
    names: &mut dyn Names,
    shared: &mut SharedHeap,
) -> Result<Vec<Value>, LoadError> {
    let mut values: Vec<Value> = Vec::with_capacity(program.constants.len());
    for constant in &program.constants {
        let value = match constant {
            Constant::Nil => Value::NIL,
            Constant::Boolean(truth) => Value::boolean(*truth),
            Constant::Unspecified => Value::UNSPECIFIED,
            Constant::Eof => Value::EOF,
            Constant::Integer(integer) => number::shared_integer(shared, *integer),
            Constant::BigInteger(text) => {
                number::shared_big(shared, text).ok_or_else(|| LoadError::Constant(text.clone()))?
            }
            Constant::Flonum(bits) => number::shared_flonum(shared, f64::from_bits(*bits)),
            Constant::Character(character) => Value::character(*character),
            Constant::String(text) => shared.string(text),
            Constant::Symbol(text) => names.symbol(text),
            Constant::Pair(car, cdr) => {
                shared.object(ObjectTag::Pair, &[values[car.0 as usize], values[cdr.0 as usize]])
            }
            Constant::Vector(elements) => {
                let elements: Vec<Value> = elements.iter().map(|index| values[index.0 as usize]).collect();
                shared.object(ObjectTag::Vector, &elements)
            }
            Constant::Bytevector(bytes) => shared.bytevector(bytes),
            Constant::Builtin(name) => {
                builtin(name).ok_or_else(|| LoadError::UnknownBuiltin(name.clone()))?
            }
        };
        values.push(value);
    }
    Ok(values)
}

struct UnitView<'a> {
    program: &'a Program,
    constants: &'a [Value],
    slots: &'a [u32],
    closures: &'a [Option<Value>],
    addresses: &'a [*const Code],
}

struct Translated {
    instructions: Vec<u64>,
    offsets: Vec<u32>,
    globals: Vec<(u32, Box<str>)>,
    children: Vec<*const Code>,
}

/// A jump whose target is not placed yet.
struct Fixup {
    word: usize,
    target: u32,
    short: bool,
}

struct Translator<'a> {
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
    variable_starts: HashMap<u32, Vec<u16>>,
    fixups: Vec<Fixup>,
    at: u32,
    /// Index of the instruction that has just written the top position's own slot, if it may be retargeted.
    producer: Option<usize>,
}

const UNPLACED: u32 = u32::MAX;

impl<'a> Translator<'a> {
    /// `None` when a short jump does not reach.
    fn run(
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
            variable_starts: HashMap::new(),
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
            self.at = at.0;
            let here = at.0 as usize;
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

    // Instructions.

    /// Compares and tests that a jump follows at once become one instruction.
    fn fuse(&mut self, instruction: &Instruction, next: &Instruction, next_end: CodeOffset) -> bool {
        let Instruction::JumpIfFalse { offset } = next else { return false };
        if offset.0 < 0 {
            return false;
        }
        let depth = self.depth();
        let compare = match instruction {
            Instruction::NumberEqual {} => Some((Op::UnlessNumberEqual, Op::UnlessNumberEqualImmediate)),
            Instruction::Less {} => Some((Op::UnlessLess, Op::UnlessLessImmediate)),
            Instruction::Greater {} => Some((Op::UnlessGreater, Op::UnlessGreaterImmediate)),
            Instruction::LessOrEqual {} => Some((Op::UnlessLessOrEqual, Op::UnlessLessOrEqualImmediate)),
            Instruction::GreaterOrEqual {} => {
                Some((Op::UnlessGreaterOrEqual, Op::UnlessGreaterOrEqualImmediate))
            }
            _ => None,
        };
        if let Some((registers, immediate)) = compare {
            if !self.short_jumps {
                return false;
            }
            self.settle_below(depth - 2);
            let word = match self.small(depth - 1) {
                Some(constant) => {
                    let left = self.operand(depth - 2);
                    abc(immediate, 0, left, constant as u16, 0)
                }
                None => {
                    let (left, right) = (self.operand(depth - 2), self.operand(depth - 1));
                    abc(registers, 0, left, right, 0)
                }
            };
            self.drop_to(depth - 2);
            let word = self.emit(word);
            self.jump_to(word, next_end, *offset, true);
            return true;
        }
        match instruction {
            Instruction::Eq {} => {
                self.settle_below(depth - 2);
                if let Place::Constant(value) = self.stack[depth - 1] {
                    let left = self.operand(depth - 2);
                    self.drop_to(depth - 2);
                    let word = self.emit_constant(ad(Op::UnlessEqConstant, 0, left, 0), value);
                    self.jump_to(word, next_end, *offset, false);
                    return true;
                }
                if !self.short_jumps {
                    return false;
                }
                let (left, right) = (self.operand(depth - 2), self.operand(depth - 1));
                self.drop_to(depth - 2);
                let word = self.emit(abc(Op::UnlessEq, 0, left, right, 0));
                self.jump_to(word, next_end, *offset, true);
                true
            }
            Instruction::IsNull {} => self.fuse_test(Op::UnlessNull, next_end, *offset),
            Instruction::IsPair {} => self.fuse_test(Op::UnlessPair, next_end, *offset),
            Instruction::Not {} => self.fuse_test(Op::JumpIfTrue, next_end, *offset),
            _ => false,
        }
    }

    fn fuse_test(&mut self, op: Op, end: CodeOffset, offset: bytecode::JumpOffset) -> bool {
        let depth = self.depth();
        self.settle_below(depth - 1);
        let tested = self.operand(depth - 1);
        self.drop_to(depth - 1);
        let word = self.emit(ad(op, 0, tested, 0));
        self.jump_to(word, end, offset, false);
        true
    }

    fn instruction(&mut self, instruction: &Instruction, end: CodeOffset) -> Result<(), LoadError> {
        use Instruction::*;
        let depth = self.depth();
        match instruction {
            Nil {} => self.push(Place::Constant(Value::NIL)),
            True {} => self.push(Place::Constant(Value::TRUE)),
            False {} => self.push(Place::Constant(Value::FALSE)),
            Unspecified {} => self.push(Place::Constant(Value::UNSPECIFIED)),
            Integer { value } => self.push(Place::Constant(Value::fixnum(i64::from(*value)))),
            Const { index } => self.push(Place::Constant(self.unit.constants[index.0 as usize])),
            Pop {} => self.drop_to(depth - 1),
            Dup {} => {
                let place = match self.stack[depth - 1] {
                    Place::Own => Place::Slot(self.slot(depth - 1)),
                    other => other,
                };
                self.push(place);
            }
            Swap {} => self.swap(),
            Slide { count } => self.slide(*count as usize),
            Local { slot } => {
                let place = match self.stack[*slot as usize] {
                    Place::Own => Place::Slot(self.slot(*slot as usize)),
                    other => other,
                };
                self.push(place);
            }
            SetLocal { slot } => self.set_local(*slot as usize),
            Capture { capture } => {
                let to = self.destination();
                self.produce(abc(Op::Capture, 0, to, *capture, 0));
            }
            CurrentClosure {} => {
                let to = self.destination();
                self.produce(ad(Op::CurrentClosure, 0, to, 0));
            }
            Global { global } => {
                let slot = self.global(*global);
                self.push(Place::Global(slot));
            }
            SetGlobal { global } => self.pop_global(Op::SetGlobal, *global),
            DefineGlobal { global } => self.pop_global(Op::DefineGlobal, *global),
            MakeBox {} => self.unary(Op::MakeBox),
            BoxRef {} => self.unary(Op::BoxRef),
            BoxSet {} => self.effect2(Op::BoxSet),
            MakeUnassignedBox {} => {
                self.push(Place::Constant(Value::UNBOUND));
                self.settle(depth);
                self.unary(Op::MakeBox);
            }
            MakeClosure { procedure } => self.make_closure(procedure.0 as usize),
            PatchCapture { capture } => {
                let (value, closure) = (self.operand(depth - 1), self.operand(depth - 2));
                self.drop_to(depth - 2);
                self.emit(abc(Op::PatchCapture, 0, closure, value, *capture));
            }
            Jump { offset } => {
                self.settle_all();
                let op = if offset.0 < 0 { Op::JumpBack } else { Op::Jump };
                let word = self.emit(ad(op, 0, 0, 0));
                self.jump_to(word, end, *offset, false);
            }
            JumpIfFalse { offset } => self.jump_if_false(*offset, end),
            Call { count } => self.call(Op::Call, *count as usize),
            TailCall { count } => self.tail_call(*count as usize),
            Apply {} => self.call(Op::Apply, 1),
            TailApply {} => {
                self.settle_below(depth - 2);
                self.settle(depth - 2);
                self.settle(depth - 1);
                let base = self.slot(depth - 1);
                let header = u32::from(self.header_slot());
                self.emit(ad(Op::TailApply, 1, base, header));
            }
            Return {} => {
                let header = self.header_slot();
                match self.stack[depth - 1] {
                    Place::Constant(value) => {
                        self.emit_constant(abc(Op::ReturnConstant, 0, 0, header, 0), value);
                    }
                    _ => {
                        let value = self.operand(depth - 1);
                        self.emit(abc(Op::Return, 0, value, header, 0));
                    }
                }
            }
            Primitive { builtin, count } => return self.primitive(builtin.0 as usize, *count),
            CaptureContinuation {} => {
                self.settle_all();
                let to = self.destination();
                self.produce(abc(Op::CaptureContinuation, 0, to, 0, 0));
            }
            ResumeContinuation {} => {
                let (value, continuation) = (self.operand(depth - 1), self.operand(depth - 2));
                self.emit(abc(Op::ResumeContinuation, 0, continuation, value, 0));
            }
            DynamicState {} => {
                let to = self.destination();
                self.produce(ad(Op::DynamicState, 0, to, 0));
            }
            SetDynamicState {} => {
                let value = self.operand(depth - 1);
                self.drop_to(depth - 1);
                self.emit(ad(Op::SetDynamicState, 0, value, 0));
            }
            Cons {} => self.binary(Op::Cons),
            Car {} => self.unary(Op::Car),
            Cdr {} => self.unary(Op::Cdr),
            SetCar {} => self.effect2(Op::SetCar),
            SetCdr {} => self.effect2(Op::SetCdr),
            IsNull {} => self.unary(Op::IsNull),
            IsPair {} => self.unary(Op::IsPair),
            Not {} => self.unary(Op::Not),
            Eq {} => self.binary(Op::Eq),
            VectorRef {} => self.binary(Op::VectorRef),
            VectorSet {} => {
                let (object, index) = (self.operand(depth - 3), self.operand(depth - 2));
                let value = self.operand(depth - 1);
                self.drop_to(depth - 3);
                self.emit(abc(Op::VectorSet, 0, object, index, value));
            }
            StringRef {} => self.binary(Op::StringRef),
            Add {} => self.add_or_subtract(Op::Add, Op::AddImmediate),
            Subtract {} => self.add_or_subtract(Op::Subtract, Op::SubtractImmediate),
            Multiply {} => self.binary(Op::Multiply),
            Divide {} => self.binary(Op::Divide),
            Quotient {} => self.binary(Op::Quotient),
            Remainder {} => self.binary(Op::Remainder),
            Modulo {} => self.binary(Op::Modulo),
            NumberEqual {} => self.binary(Op::NumberEqual),
            Less {} => self.binary(Op::Less),
            Greater {} => self.binary(Op::Greater),
            LessOrEqual {} => self.binary(Op::LessOrEqual),
            GreaterOrEqual {} => self.binary(Op::GreaterOrEqual),
            Yield {} => {
                self.settle_all();
                self.emit(ad(Op::Yield, 0, 0, 0));
            }
            Send {} => {
                self.settle_below(depth - 2);
                self.effect2(Op::Send);
            }
            ReceiveAny {} => {
                self.settle_all();
                let to = self.destination();
                self.produce(ad(Op::ReceiveAny, 0, to, 0));
            }
            MailboxBegin {} => {
                self.settle_below(depth - 1);
                let timeout = self.operand(depth - 1);
                self.drop_to(depth - 1);
                self.emit(ad(Op::MailboxBegin, 0, timeout, 0));
            }
            MailboxPeek { offset } => {
                self.settle_all();
                let to = self.destination();
                let word = self.emit(ad(Op::MailboxPeek, 0, to, 0));
                self.jump_to(word, end, *offset, false);
                self.stack.push(Place::Own);
            }
            MailboxTake {} => {
                self.emit(ad(Op::MailboxTake, 0, 0, 0));
            }
            MailboxNext { offset } => {
                self.settle_all();
                let word = self.emit(ad(Op::MailboxNext, u8::from(offset.0 < 0), 0, 0));
                self.jump_to(word, end, *offset, false);
            }
            MailboxWait { offset } => {
                self.settle_all();
                let word = self.emit(ad(Op::MailboxWait, u8::from(offset.0 < 0), 0, 0));
                self.jump_to(word, end, *offset, false);
            }
        }
        Ok(())
    }

    fn global(&mut self, global: bytecode::GlobalIndex) -> u32 {
        let slot = self.unit.slots[global.0 as usize];
        if !self.out.globals.iter().any(|(known, _)| *known == slot) {
            self.out.globals.push((slot, self.unit.program.globals[global.0 as usize].as_str().into()));
        }
        slot
    }

    fn pop_global(&mut self, op: Op, global: bytecode::GlobalIndex) {
        let slot = self.global(global);
        self.settle_all();
        let depth = self.depth();
        let value = self.operand(depth - 1);
        self.drop_to(depth - 1);
        self.emit(ad(op, 0, value, slot));
    }

    fn unary(&mut self, op: Op) {
        let depth = self.depth();
        let operand = self.operand(depth - 1);
        self.drop_to(depth - 1);
        let to = self.destination();
        self.produce(abc(op, 0, to, operand, 0));
    }

    fn binary(&mut self, op: Op) {
        let depth = self.depth();
        let (left, right) = (self.operand(depth - 2), self.operand(depth - 1));
        self.drop_to(depth - 2);
        let to = self.destination();
        self.produce(abc(op, 0, to, left, right));
    }

    fn effect2(&mut self, op: Op) {
        let depth = self.depth();
        let (object, value) = (self.operand(depth - 2), self.operand(depth - 1));
        self.drop_to(depth - 2);
        self.emit(abc(op, 0, object, value, 0));
    }

    fn add_or_subtract(&mut self, registers: Op, immediate: Op) {
        let depth = self.depth();
        let (operand, constant) = match (self.small(depth - 2), self.small(depth - 1)) {
            (_, Some(constant)) => (depth - 2, constant),
            (Some(constant), None) if registers == Op::Add => (depth - 1, constant),
            _ => return self.binary(registers),
        };
        let left = self.operand(operand);
        self.drop_to(depth - 2);
        let to = self.destination();
        self.produce(abc(immediate, 0, to, left, constant as u16));
    }

    fn swap(&mut self) {
        let depth = self.depth();
        // Through the next free slot, which the verifier has counted in for `Dup` and calls alike.
        self.settle(depth - 2);
        self.settle(depth - 1);
        let (low, high) = (self.slot(depth - 2), self.slot(depth - 1));
        self.protect(low);
        self.protect(high);
        let free = self.slot(depth);
        self.emit(abc(Op::Move, 0, free, low, 0));
        self.emit(abc(Op::Move, 0, low, high, 0));
        self.emit(abc(Op::Move, 0, high, free, 0));
    }

    fn slide(&mut self, count: usize) {
        let depth = self.depth();
        let target = depth - 1 - count;
        let top = self.stack[depth - 1];
        let own = self.slot(target);
        match top {
            // A constant, or a slot below what is dropped, stays put off.
            Place::Constant(_) => {
                self.drop_to(target);
                self.push(top);
            }
            Place::Slot(slot) if slot < own => {
                self.drop_to(target);
                self.push(top);
            }
            _ => {
                let from = self.operand(depth - 1);
                let producer = self.producer.take();
                self.stack.truncate(target);
                self.move_or_retarget(own, from, producer);
                self.stack.push(Place::Own);
            }
        }
    }

    fn set_local(&mut self, position: usize) {
        let depth = self.depth();
        let place = self.stack[depth - 1];
        let own = self.slot(position);
        let producer = self.producer.take();
        self.stack.truncate(depth - 1);
        let names_slot = self.stack.contains(&Place::Slot(own));
        if names_slot {
            // The value may lie in the slot above the depth; settling the others does not touch it.
            self.protect(own);
        }
        match place {
            Place::Own => {
                let from = self.slot(depth - 1);
                self.move_or_retarget(own, from, if names_slot { None } else { producer });
            }
            Place::Slot(from) if from == own => {}
            Place::Slot(from) => {
                self.emit(abc(Op::Move, 0, own, from, 0));
            }
            Place::Constant(value) => {
                self.emit_constant(ad(Op::Constant, 0, own, 0), value);
            }
            Place::Global(slot) => {
                self.emit(ad(Op::Global, 0, own, slot));
            }
        }
        self.stack[position] = Place::Own;
    }

    /// Moves slot `from` to slot `to`, or has the instruction that has just written `from` write `to` instead.
    fn move_or_retarget(&mut self, to: u16, from: u16, producer: Option<usize>) {
        if let Some(index) = producer {
            let word = &mut self.out.instructions[index];
            if crate::instruction::a(*word) == from as usize {
                *word = *word & !(0xffff << 16) | u64::from(to) << 16;
                return;
            }
        }
        if to != from {
            self.emit(abc(Op::Move, 0, to, from, 0));
        }
    }

    fn jump_if_false(&mut self, offset: bytecode::JumpOffset, end: CodeOffset) {
        let depth = self.depth();
        self.settle_below(depth - 1);
        let tested = self.operand(depth - 1);
        self.drop_to(depth - 1);
        if offset.0 < 0 {
            // Over the backward jump, which costs a reduction.
            self.emit(ad(Op::JumpIfTrue, 0, tested, 2));
            let word = self.emit(ad(Op::JumpBack, 0, 0, 0));
            self.jump_to(word, end, offset, false);
        } else {
            let word = self.emit(ad(Op::JumpIfFalse, 0, tested, 0));
            self.jump_to(word, end, offset, false);
        }
    }

    fn make_closure(&mut self, procedure: usize) {
        let address = self.unit.addresses[procedure];
        if !self.out.children.contains(&address) {
            self.out.children.push(address);
        }
        if let Some(closure) = self.unit.closures[procedure] {
            return self.push(Place::Constant(closure));
        }
        let count = self.unit.program.procedures[procedure].captures.len();
        let depth = self.depth();
        for position in depth - count..depth {
            self.settle(position);
        }
        let base = self.slot(depth - count);
        self.drop_to(depth - count);
        self.protect(base);
        self.emit_constant(ad(Op::MakeClosure, 0, base, count as u32), Code::word(address));
        self.stack.push(Place::Own);
    }

    /// Settles callee and arguments and everything below. A global that is called is read by the call itself.
    fn call(&mut self, op: Op, count: usize) {
        let depth = self.depth();
        let callee = depth - count - 1;
        let base = self.slot(callee) + 1;
        let global = match self.stack[callee] {
            Place::Global(slot) if op == Op::Call => Some(slot),
            _ => None,
        };
        for position in (0..depth).filter(|position| global.is_none() || *position != callee) {
            self.settle(position);
        }
        self.drop_to(callee);
        match global {
            Some(slot) => self.emit(ad(Op::CallGlobal, count as u8, base, slot)),
            None => self.emit(ad(op, count as u8, base, 0)),
        };
        self.stack.push(Place::Own);
    }

    fn tail_call(&mut self, count: usize) {
        let depth = self.depth();
        let callee = depth - count - 1;
        // What lies below is dropped by the call.
        for position in callee..depth {
            self.settle(position);
        }
        let base = self.slot(callee) + 1;
        let header = u32::from(self.header_slot());
        self.emit(ad(Op::TailCall, count as u8, base, header));
    }

    fn primitive(&mut self, builtin: usize, count: u16) -> Result<(), LoadError> {
        let Constant::Builtin(name) = &self.unit.program.constants[builtin] else {
            return Err(LoadError::NotPrimitive(String::new()));
        };
        let (index, entry): (u32, &PrimitiveEntry) =
            self.builtins.primitive(name).ok_or_else(|| LoadError::NotPrimitive(name.clone()))?;
        if count < u16::from(entry.min) || entry.max.is_some_and(|max| count > u16::from(max)) || count > 255
        {
            return Err(LoadError::PrimitiveCount { name: name.clone(), count });
        }
        let count = count as usize;
        self.settle_all();
        let depth = self.depth();
        self.drop_to(depth - count);
        let base = self.slot(depth - count);
        self.produce(ad(Op::Primitive, count as u8, base, index));
        self.producer = None;
        Ok(())
    }
}

impl From<LoadError> for Trap {
    fn from(error: LoadError) -> Trap {
        Trap::error(crate::error::ErrorKind::Read, error.to_string(), &[])
    }
}
