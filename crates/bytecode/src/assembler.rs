//! The assembler: writes the code of one procedure, with labels for jump targets.
//!
//! 1. Jumps have one width, so an instruction's offset is final once it is emitted; labels are patched by
//!    [`Assembler::finish`].
//! 2. A label is placed at most once; a label that a jump uses must be placed before `finish`.

use crate::{CodeOffset, Instruction, JumpOffset};

/// A place in the code under construction, made by [`Assembler::label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(u32);

/// Why [`Assembler::finish`] could not give code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// A jump leads to a label that was never placed.
    #[error("the jump at offset {at} leads to a label that was never placed")]
    UnplacedLabel {
        /// The jump.
        at: CodeOffset,
    },
    /// The code is too long for jump offsets.
    #[error("the procedure takes {bytes} bytes of code, more than {}; split it", i32::MAX)]
    CodeTooLong {
        /// Its length.
        bytes: usize,
    },
}

/// A jump whose operand waits for its label.
#[derive(Clone, Copy, Debug)]
struct Patch {
    at: CodeOffset,
    end: CodeOffset,
    label: Label,
}

/// Writes the code of one procedure.
#[derive(Debug, Default)]
pub struct Assembler {
    code: Vec<u8>,
    labels: Vec<Option<CodeOffset>>,
    patches: Vec<Patch>,
}

impl Assembler {
    /// An assembler with no code yet.
    pub fn new() -> Assembler {
        Assembler::default()
    }

    /// Where the next instruction will stand.
    #[inline]
    pub fn offset(&self) -> CodeOffset {
        CodeOffset(u32::try_from(self.code.len()).unwrap_or(u32::MAX))
    }

    /// Appends `instruction`. Use the methods that take a label for jumps whose distance is not known.
    #[inline]
    pub fn emit(&mut self, instruction: Instruction) {
        instruction.encode(&mut self.code);
    }

    /// A new label, not placed yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// Places `label` here.
    ///
    /// # Panics
    /// If the label has been placed before or comes from another assembler with more labels.
    pub fn place(&mut self, label: Label) {
        let here = self.offset();
        let place = &mut self.labels[label.0 as usize];
        assert!(place.is_none(), "{label:?} is placed twice, at {} and {here}", place.unwrap_or_default());
        *place = Some(here);
    }

    /// A new label, placed here: the target of a loop's backward jump.
    pub fn label_here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Where `label` stands, once it is placed.
    pub fn place_of(&self, label: Label) -> Option<CodeOffset> {
        self.labels[label.0 as usize]
    }

    /// Appends [`Instruction::Jump`] to `label`.
    pub fn jump(&mut self, label: Label) {
        self.emit_to(Instruction::Jump { offset: JumpOffset(0) }, label);
    }

    /// Appends [`Instruction::JumpIfFalse`] to `label`.
    pub fn jump_if_false(&mut self, label: Label) {
        self.emit_to(Instruction::JumpIfFalse { offset: JumpOffset(0) }, label);
    }

    /// Appends [`Instruction::MailboxPeek`], which jumps to `label` when there is no message at the cursor.
    pub fn mailbox_peek(&mut self, label: Label) {
        self.emit_to(Instruction::MailboxPeek { offset: JumpOffset(0) }, label);
    }

    /// Appends [`Instruction::MailboxNext`] to `label`.
    pub fn mailbox_next(&mut self, label: Label) {
        self.emit_to(Instruction::MailboxNext { offset: JumpOffset(0) }, label);
    }

    /// Appends [`Instruction::MailboxWait`], which jumps to `label` when there are new messages.
    pub fn mailbox_wait(&mut self, label: Label) {
        self.emit_to(Instruction::MailboxWait { offset: JumpOffset(0) }, label);
    }

    /// Patches the jumps and gives the code.
    ///
    /// # Errors
    /// [`AssembleError`] for a jump to a label that was never placed, and for code over 2 GiB.
    pub fn finish(mut self) -> Result<Vec<u8>, AssembleError> {
        if i32::try_from(self.code.len()).is_err() {
            return Err(AssembleError::CodeTooLong { bytes: self.code.len() });
        }
        for patch in &self.patches {
            let target =
                self.labels[patch.label.0 as usize].ok_or(AssembleError::UnplacedLabel { at: patch.at })?;
            // Both are at most `i32::MAX`, so the difference fits.
            let distance = target.0 as i32 - patch.end.0 as i32;
            let operand = patch.end.0 as usize - 4..patch.end.0 as usize;
            self.code[operand].copy_from_slice(&distance.to_le_bytes());
        }
        Ok(self.code)
    }

    /// Appends a jump, whose one operand is its offset, and remembers to patch it.
    fn emit_to(&mut self, jump: Instruction, label: Label) {
        let at = self.offset();
        self.emit(jump);
        self.patches.push(Patch { at, end: self.offset(), label });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    #[test]
    fn labels_reach_forward_and_backward() {
        let mut assembler = Assembler::new();
        let top = assembler.label_here();
        let out = assembler.label();
        assembler.emit(Instruction::True {});
        assembler.jump_if_false(out);
        assembler.jump(top);
        assembler.place(out);
        assembler.emit(Instruction::Nil {});
        assembler.emit(Instruction::Return {});
        let code = assembler.finish().unwrap();
        let (test, end) = decode(&code, CodeOffset(1)).unwrap();
        assert_eq!(test.jump_offset().and_then(|offset| offset.target(end)), Some(CodeOffset(11)));
        let (back, end) = decode(&code, end).unwrap();
        assert_eq!(back.jump_offset().and_then(|offset| offset.target(end)), Some(CodeOffset(0)));
    }

    #[test]
    fn every_mailbox_jump_is_patched() {
        let mut assembler = Assembler::new();
        let end = assembler.label();
        assembler.mailbox_peek(end);
        assembler.mailbox_next(end);
        assembler.mailbox_wait(end);
        assembler.place(end);
        let code = assembler.finish().unwrap();
        let targets: Vec<_> = crate::instructions(&code)
            .map(|item| {
                let (_, instruction, end) = item.unwrap();
                instruction.jump_offset().unwrap().target(end)
            })
            .collect();
        assert_eq!(targets, [Some(CodeOffset(15)); 3]);
    }

    #[test]
    fn finish_reports_a_label_that_was_never_placed() {
        let mut assembler = Assembler::new();
        assembler.emit(Instruction::Nil {});
        let nowhere = assembler.label();
        assembler.jump(nowhere);
        assert_eq!(assembler.finish(), Err(AssembleError::UnplacedLabel { at: CodeOffset(1) }));
    }

    #[test]
    #[should_panic(expected = "placed twice")]
    fn placing_a_label_twice_panics() {
        let mut assembler = Assembler::new();
        let label = assembler.label_here();
        assembler.place(label);
    }
}
