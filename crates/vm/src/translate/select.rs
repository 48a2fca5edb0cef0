//! Which register instruction stands for which bytecode instruction.
//!
//! 1. Operands are read where they lie; results go to the slot of the position that they are pushed to, or straight to
//!    the variable that takes them.
//! 2. What must be in place before calls and jumps is settled here, instruction by instruction.

use arena::Value;
use bytecode::{CodeOffset, Constant, Instruction};

use super::{Place, Translator};
use crate::capability::CapabilityKind;
use crate::code::Code;
use crate::instruction::{Op, abc, ad};
use crate::loader::LoadError;
use crate::machine::PrimitiveEntry;

impl Translator<'_> {
    /// Compares and tests that a jump follows at once become one instruction.
    pub(super) fn fuse(
        &mut self,
        instruction: &Instruction,
        next: &Instruction,
        next_end: CodeOffset,
    ) -> bool {
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

    pub(super) fn instruction(
        &mut self,
        instruction: &Instruction,
        end: CodeOffset,
    ) -> Result<(), LoadError> {
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
            StringLength {} => self.named_primitive("string-length", 1, true)?,
            StringAppend {} => self.named_primitive("string-append", 2, true)?,
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
            NumberNotEqual {} => {
                self.binary(Op::NumberEqual);
                self.unary(Op::Not);
            }
            HasCapability { capability } => {
                self.push_capability(capability.0 as usize)?;
                self.named_primitive("%has-capability", 2, true)?;
            }
            RequestCapability { capability } => {
                self.push_capability(capability.0 as usize)?;
                self.named_primitive("%request-capability", 3, true)?;
            }
            GrantCapability {} => self.named_primitive("%grant-capability", 2, false)?,
            RevokeCapability {} => self.named_primitive("%revoke-capability", 1, false)?,
            HostCall { capability, count } => {
                let kind = self.capability_kind(capability.0 as usize)?;
                let name = host_call(kind, *count).ok_or_else(|| LoadError::HostCall {
                    capability: kind.symbol().to_string(),
                    count: *count,
                })?;
                self.named_primitive(name, *count, true)?;
            }
            EnterSandbox {} => self.named_primitive("%enter-sandbox", 2, false)?,
            IsolateCapabilities {} => self.named_primitive("%isolate-capabilities", 1, false)?,
            SetErrorHandler {} => self.named_primitive("%set-error-handler", 1, false)?,
            LogViolation {} => self.named_primitive("%log-violation", 1, false)?,
            LeaveSandbox {} => self.named_primitive("%leave-sandbox", 0, false)?,
            CheckSteps {} => {
                self.settle_all();
                // To what follows: such a jump is where a slice may end.
                self.emit(ad(Op::JumpBack, 0, 0, 1));
            }
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
                let word = self.emit(ad(Op::MailboxPeek, u8::from(offset.0 < 0), to, 0));
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
            self.out.globals.push((slot, self.unit.symbols[global.0 as usize]));
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
        self.call_primitive(index, count as usize);
        Ok(())
    }

    fn call_primitive(&mut self, index: u32, count: usize) {
        self.settle_all();
        let depth = self.depth();
        self.drop_to(depth - count);
        let base = self.slot(depth - count);
        self.produce(ad(Op::Primitive, count as u8, base, index));
        self.producer = None;
    }

    /// Calls a primitive that takes that many arguments, for an instruction that has a value or has none.
    #[optimize(size)]
    fn named_primitive(&mut self, name: &str, count: u16, has_value: bool) -> Result<(), LoadError> {
        let (index, _) =
            self.builtins.primitive(name).ok_or_else(|| LoadError::NotPrimitive(name.to_string()))?;
        self.call_primitive(index, usize::from(count));
        if !has_value {
            self.drop_to(self.depth() - 1);
        }
        Ok(())
    }

    #[optimize(size)]
    fn capability_kind(&self, constant: usize) -> Result<CapabilityKind, LoadError> {
        let Constant::Symbol(name) = &self.unit.program.constants[constant] else {
            return Err(LoadError::UnknownCapability(String::new()));
        };
        CapabilityKind::named(name).ok_or_else(|| LoadError::UnknownCapability(name.clone()))
    }

    /// Pushes the symbol of a kind of capability, above what the verifier has counted but inside the frame.
    fn push_capability(&mut self, constant: usize) -> Result<(), LoadError> {
        self.capability_kind(constant)?;
        self.push(Place::Constant(self.unit.constants[constant]));
        Ok(())
    }
}

/// What `HostCall` calls.
#[optimize(size)]
fn host_call(kind: CapabilityKind, count: u16) -> Option<&'static str> {
    Some(match (kind, count) {
        (CapabilityKind::FileRead, 1) => "%load-text",
        (CapabilityKind::FileWrite, 1) => "open-output-file",
        (CapabilityKind::Environment, 0) => "get-environment-variables",
        (CapabilityKind::Environment, 1) => "get-environment-variable",
        (CapabilityKind::CommandLine, 0) => "command-line",
        (CapabilityKind::Clock, 0) => "current-jiffy",
        _ => return None,
    })
}
