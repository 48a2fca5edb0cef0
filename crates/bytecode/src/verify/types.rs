//! What is known about the values in a frame: which slots hold boxes, and which closures of known procedures.
//!
//! 1. A slot that is not named holds anything. Knowledge only ever gets less where paths meet, so that walking ends.
//! 2. What a closure captures as a box is one, because `MakeClosure` and `PatchCapture` are held to what the procedure
//!    declares.
//! 3. Of closures nothing is known past a jump target: a group of procedures is tied where it is made.

use std::collections::BTreeMap;

use super::Problem;
use crate::{Instruction, Opcode, Procedure, ProcedureIndex, Program};

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A box.
    Box,
    /// A closure of this procedure, which captures something.
    Closure(ProcedureIndex),
}

/// What is known at one instruction: by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(BTreeMap<u32, Kind>);

impl Types {
    /// Slots that something is known about.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn drop_to(&mut self, depth: u32) {
        while self.0.last_key_value().is_some_and(|(slot, _)| *slot >= depth) {
            self.0.pop_last();
        }
    }

    fn get(&self, slot: u32) -> Option<Kind> {
        self.0.get(&slot).copied()
    }

    fn set(&mut self, slot: u32, kind: Option<Kind>) {
        match kind {
            Some(kind) => self.0.insert(slot, kind),
            None => self.0.remove(&slot),
        };
    }

    /// What holds at a jump target with `depth` slots in use.
    pub(super) fn at_target(&self, depth: u32) -> Types {
        Types(
            self.0
                .range(..depth)
                .filter(|(_, kind)| **kind == Kind::Box)
                .map(|(slot, kind)| (*slot, *kind))
                .collect(),
        )
    }

    /// Forgets what does not hold on another path; answers whether that was anything.
    pub(super) fn meet(&mut self, other: &Types) -> bool {
        let before = self.0.len();
        self.0.retain(|slot, kind| other.get(*slot) == Some(*kind));
        self.0.len() != before
    }

    /// After `instruction`, with `depth` slots in use before it, of which it pops `pops`.
    ///
    /// # Errors
    /// When it needs a box or a closure and there may be something else.
    pub(super) fn apply(
        &mut self,
        program: &Program,
        procedure: &Procedure,
        instruction: &Instruction,
        depth: u32,
        pops: u32,
    ) -> Result<(), Problem> {
        let opcode = instruction.opcode();
        let rest = depth - pops;
        let result = match *instruction {
            Instruction::Local { slot } => self.get(slot.into()),
            Instruction::Capture { capture } => {
                let boxed = procedure.captures.get(usize::from(capture)).is_some_and(|(_, boxed)| *boxed);
                boxed.then_some(Kind::Box)
            }
            Instruction::SetLocal { slot } => {
                self.set(slot.into(), self.get(depth - 1));
                None
            }
            Instruction::Slide { .. } => self.get(depth - 1),
            Instruction::Dup {} => {
                self.set(depth, self.get(depth - 1));
                return Ok(());
            }
            Instruction::Swap {} => {
                let (low, high) = (self.get(depth - 2), self.get(depth - 1));
                self.set(depth - 2, high);
                self.set(depth - 1, low);
                return Ok(());
            }
            Instruction::MakeBox {} | Instruction::MakeUnassignedBox {} => Some(Kind::Box),
            Instruction::BoxRef {} => {
                self.need_box(opcode, depth - 1)?;
                None
            }
            Instruction::BoxSet {} => {
                self.need_box(opcode, depth - 2)?;
                None
            }
            Instruction::MakeClosure { procedure } => {
                let captures = &program.procedures[procedure.0 as usize].captures;
                for (slot, (_, boxed)) in (rest..).zip(captures) {
                    if *boxed {
                        self.need_box(opcode, slot)?;
                    }
                }
                (!captures.is_empty()).then_some(Kind::Closure(procedure))
            }
            Instruction::PatchCapture { capture } => {
                let Some(Kind::Closure(patched)) = self.get(depth - 2) else {
                    return Err(Problem::NotAClosure { opcode, slot: depth - 2 });
                };
                let captures = &program.procedures[patched.0 as usize].captures;
                match captures.get(usize::from(capture)) {
                    Some((_, true)) => self.need_box(opcode, depth - 1)?,
                    Some((_, false)) => {}
                    None => {
                        let (index, len) = (u32::from(capture), captures.len());
                        return Err(Problem::IndexOutOfRange { opcode, what: "captured value", index, len });
                    }
                }
                None
            }
            _ => None,
        };
        self.drop_to(rest);
        if let Some(kind) = result {
            self.0.insert(rest, kind);
        }
        Ok(())
    }

    fn need_box(&self, opcode: Opcode, slot: u32) -> Result<(), Problem> {
        if self.get(slot) == Some(Kind::Box) { Ok(()) } else { Err(Problem::NotABox { opcode, slot }) }
    }
}
