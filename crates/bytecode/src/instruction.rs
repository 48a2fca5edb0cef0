//! Decoded instructions, expanded from the opcode table, and the code that turns them into bytes and back.
//!
//! 1. [`Opcode`], [`Instruction`] and their methods expand from [`for_each_opcode!`](crate::for_each_opcode): one
//!    variant per row, nothing written by hand.
//! 2. An encoded instruction is its opcode byte and then each operand in the order of the row, little-endian, of the
//!    fixed width of its kind; so [`Opcode::encoded_bytes`] does not depend on operands.
//! 3. `decode(encode(x)) == x`, and `encode(decode(b)) == b` for every `b` that decodes.

use crate::{CodeOffset, ConstIndex, GlobalIndex, ProcedureIndex, for_each_opcode};

/// How far a jump goes, in bytes, counted from the end of the jump instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JumpOffset(pub i32);

impl JumpOffset {
    /// Where the jump leads when its instruction ends at `end`; `None` outside of what an offset can express.
    #[inline]
    pub fn target(self, end: CodeOffset) -> Option<CodeOffset> {
        end.0.checked_add_signed(self.0).map(CodeOffset)
    }
}

/// The Rust type of each operand kind; the names are those that the opcode table uses.
mod operand {
    pub type Immediate = i32;
    pub type ConstIndex = crate::ConstIndex;
    pub type Count = u16;
    pub type Slot = u16;
    pub type Capture = u16;
    pub type Global = crate::GlobalIndex;
    pub type Procedure = crate::ProcedureIndex;
    pub type Jump = super::JumpOffset;
}

/// What an operand means; it fixes the operand's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperandKind {
    /// A signed 32-bit integer.
    Immediate,
    /// Index into the constant pool.
    ConstIndex,
    /// A number of values.
    Count,
    /// A slot of the running frame.
    Slot,
    /// A captured value of the running closure.
    Capture,
    /// Index into the unit's global variables.
    Global,
    /// Index into the unit's procedures.
    Procedure,
    /// Signed distance in bytes from the end of the instruction.
    Jump,
}

impl OperandKind {
    /// Bytes that an operand of this kind takes.
    pub const fn width(self) -> usize {
        match self {
            OperandKind::Count | OperandKind::Slot | OperandKind::Capture => 2,
            OperandKind::Immediate
            | OperandKind::ConstIndex
            | OperandKind::Global
            | OperandKind::Procedure
            | OperandKind::Jump => 4,
        }
    }
}

/// One operand with its kind, for code that treats all instructions alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A signed 32-bit integer.
    Immediate(i32),
    /// Index into the constant pool.
    ConstIndex(ConstIndex),
    /// A number of values.
    Count(u16),
    /// A slot of the running frame.
    Slot(u16),
    /// A captured value of the running closure.
    Capture(u16),
    /// Index into the unit's global variables.
    Global(GlobalIndex),
    /// Index into the unit's procedures.
    Procedure(ProcedureIndex),
    /// Signed distance in bytes from the end of the instruction.
    Jump(JumpOffset),
}

/// Most operands of a row.
const OPERANDS_MAX: usize = 2;

/// The operands of one instruction as an array whose length does not depend on the instruction.
fn pad<const N: usize>(
    operands: [(&'static str, Operand); N],
) -> [Option<(&'static str, Operand)>; OPERANDS_MAX] {
    const { assert!(N <= OPERANDS_MAX) };
    let mut operands = operands.into_iter();
    std::array::from_fn(|_| operands.next())
}

/// How an operand type lies in the code.
trait Encode: Sized {
    /// Appends the little-endian bytes.
    fn put(self, code: &mut Vec<u8>);
    /// Takes the value from the front of `bytes`; `None` when they are too few.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! encode_as_integer {
    ($($integer:ty),*) => { $(
        impl Encode for $integer {
            #[inline]
            fn put(self, code: &mut Vec<u8>) {
                code.extend_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (first, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(<$integer>::from_le_bytes(*first))
            }
        }
    )* };
}
encode_as_integer!(u16, u32, i32);

macro_rules! encode_as_wrapped {
    ($($wrapper:ident),*) => { $(
        impl Encode for $wrapper {
            #[inline]
            fn put(self, code: &mut Vec<u8>) {
                self.0.put(code);
            }
            #[inline]
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                Encode::take(bytes).map($wrapper)
            }
        }
    )* };
}
encode_as_wrapped!(ConstIndex, GlobalIndex, ProcedureIndex, JumpOffset);

/// A part of a row's stack effect: the number of slots, or `None` where the row says `Varies`.
macro_rules! fixed_slots {
    (Varies) => {
        None
    };
    ($slots:literal) => {
        Some($slots)
    };
}

/// The operand of the row that is a jump, if there is one.
macro_rules! jump_operand {
    () => { None };
    ($field:ident: Jump $(, $rest:ident: $kind:ident)*) => { Some(*$field) };
    ($field:ident: $other:ident $(, $rest:ident: $kind:ident)*) => {{
        let _ = $field;
        jump_operand!($($rest: $kind),*)
    }};
}

macro_rules! expand_instructions {
    ($($(#[doc = $doc:literal])* $byte:literal $name:ident { $($field:ident: $kind:ident),* }
        $pops:tt => $pushes:tt, $reductions:literal;)*) => {
        /// An opcode: one row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Opcode {
            $($(#[doc = $doc])* $name = $byte,)*
        }

        impl Opcode {
            /// Every opcode, in the order of the table.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];

            /// The opcode whose byte is `byte`.
            #[inline]
            pub const fn from_byte(byte: u8) -> Option<Opcode> {
                match byte {
                    $($byte => Some(Opcode::$name),)*
                    0x00..=0xff => None,
                }
            }

            /// Its name in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Opcode::$name => stringify!($name),)* }
            }

            /// Its documentation in the table, one line per line there, each with a leading blank.
            pub const fn documentation_lines(self) -> &'static [&'static str] {
                match self { $(Opcode::$name => &[$($doc),*],)* }
            }

            /// Names and kinds of its operands, in order.
            pub const fn operands(self) -> &'static [(&'static str, OperandKind)] {
                match self { $(Opcode::$name => &[$((stringify!($field), OperandKind::$kind)),*],)* }
            }

            /// Slots popped and pushed as the row says them; `None` where it says `Varies`.
            pub const fn stack_effect(self) -> (Option<u32>, Option<u32>) {
                match self { $(Opcode::$name => (fixed_slots!($pops), fixed_slots!($pushes)),)* }
            }

            /// Reductions that the instruction always costs; a backward jump costs one more.
            #[inline]
            pub const fn reductions(self) -> u32 {
                match self { $(Opcode::$name => $reductions,)* }
            }
        }

        /// A decoded instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Instruction {
            $($(#[doc = $doc])* $name {
                $(
                    #[doc = concat!("Operand `", stringify!($field), "`, of kind [`OperandKind::", stringify!($kind), "`].")]
                    $field: operand::$kind,
                )*
            },)*
        }

        impl Instruction {
            /// Its opcode.
            #[inline]
            pub const fn opcode(&self) -> Opcode {
                match self { $(Instruction::$name { .. } => Opcode::$name,)* }
            }

            /// Its operands with their names, in order.
            pub fn operands(&self) -> impl Iterator<Item = (&'static str, Operand)> + use<> {
                let padded = match *self {
                    $(Instruction::$name { $($field),* } => pad([$((stringify!($field), Operand::$kind($field))),*]),)*
                };
                padded.into_iter().flatten()
            }

            /// Its jump operand, if it has one.
            #[inline]
            pub fn jump_offset(&self) -> Option<JumpOffset> {
                match self {
                    $(Instruction::$name { $($field),* } => jump_operand!($($field: $kind),*),)*
                }
            }

            /// Appends the encoded instruction to `code`.
            #[inline]
            pub fn encode(&self, code: &mut Vec<u8>) {
                code.push(self.opcode() as u8);
                match *self {
                    $(Instruction::$name { $($field),* } => { $($field.put(code);)* })*
                }
            }
        }

        /// Takes the operands of `opcode` from the front of `bytes`.
        #[inline]
        fn decode_operands(opcode: Opcode, bytes: &mut &[u8]) -> Option<Instruction> {
            Some(match opcode {
                $(Opcode::$name => Instruction::$name { $($field: <operand::$kind as Encode>::take(bytes)?),* },)*
            })
        }
    };
}
for_each_opcode!(expand_instructions);

impl Opcode {
    /// Its documentation as one line of text.
    pub fn documentation(self) -> String {
        self.documentation_lines().iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    /// Bytes of an encoded instruction with this opcode.
    pub fn encoded_bytes(self) -> u32 {
        let operands: usize = self.operands().iter().map(|(_, kind)| kind.width()).sum();
        1 + operands as u32
    }
}

impl Instruction {
    /// What the instruction costs: a backward jump that is taken (`jumps`) costs one more than its row says.
    #[inline]
    pub fn reductions(&self, jumps: bool) -> u32 {
        let backward = jumps && self.jump_offset().is_some_and(|offset| offset.0 < 0);
        self.opcode().reductions() + u32::from(backward)
    }

    /// Slots above the stack that the instruction uses for itself, between popping and pushing.
    pub fn scratch_slots(&self) -> u32 {
        u32::from(matches!(self, Instruction::HasCapability { .. } | Instruction::RequestCapability { .. }))
    }

    /// The constant that must be the symbol of a kind of capability.
    pub fn capability(&self) -> Option<ConstIndex> {
        match *self {
            Instruction::HasCapability { capability }
            | Instruction::RequestCapability { capability }
            | Instruction::HostCall { capability, .. } => Some(capability),
            _ => None,
        }
    }

    /// Whether control may go on to the next instruction. A call goes on when it returns. An opcode that is not
    /// named here goes on, which is the safe side: the verifier then wants a next instruction.
    pub fn falls_through(&self) -> bool {
        !matches!(
            self,
            Instruction::Jump { .. }
                | Instruction::MailboxNext { .. }
                | Instruction::TailCall { .. }
                | Instruction::TailApply { .. }
                | Instruction::Return { .. }
                | Instruction::ResumeContinuation { .. }
        )
    }
}

/// Why bytes are not an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No row of the table has this byte.
    #[error("unknown opcode {byte:#04x} at offset {at}")]
    UnknownOpcode {
        /// The byte.
        byte: u8,
        /// Where it stands.
        at: CodeOffset,
    },
    /// The code ends inside of an instruction.
    #[error("the code ends inside of {} at offset {at}", .opcode.name())]
    Truncated {
        /// The instruction that is cut off.
        opcode: Opcode,
        /// Where it starts.
        at: CodeOffset,
    },
    /// The offset is at or past the end of the code.
    #[error("offset {at} is past the end of the code")]
    PastEnd {
        /// The offset.
        at: CodeOffset,
    },
}

/// Decodes the instruction that starts at `at`; answers it with the offset of the next one. O(1).
///
/// # Errors
/// [`DecodeError`] when no whole instruction starts at `at`.
pub fn decode(code: &[u8], at: CodeOffset) -> Result<(Instruction, CodeOffset), DecodeError> {
    let mut bytes = code.get(at.0 as usize..).unwrap_or_default();
    let before = bytes.len();
    let (&byte, rest) = bytes.split_first().ok_or(DecodeError::PastEnd { at })?;
    let opcode = Opcode::from_byte(byte).ok_or(DecodeError::UnknownOpcode { byte, at })?;
    bytes = rest;
    let instruction = decode_operands(opcode, &mut bytes).ok_or(DecodeError::Truncated { opcode, at })?;
    let taken = (before - bytes.len()) as u32;
    Ok((instruction, CodeOffset(at.0.saturating_add(taken))))
}

/// The instructions of `code` in order, each with its offset and the offset of the next one; ends after the first
/// error.
pub fn instructions(
    code: &[u8],
) -> impl Iterator<Item = Result<(CodeOffset, Instruction, CodeOffset), DecodeError>> + '_ {
    let mut next = Some(CodeOffset(0));
    std::iter::from_fn(move || {
        let at = next?;
        if at.0 as usize >= code.len() {
            return None;
        }
        let decoded = decode(code, at);
        next = decoded.ok().map(|(_, end)| end);
        Some(decoded.map(|(instruction, end)| (at, instruction, end)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn opcode_bytes_are_distinct_and_round_trip() {
        let mut seen = std::collections::BTreeSet::new();
        for &opcode in Opcode::ALL {
            assert_eq!(Opcode::from_byte(opcode as u8), Some(opcode));
            assert!(seen.insert(opcode as u8), "{opcode:?} shares its byte");
            assert!(!opcode.documentation().is_empty(), "{opcode:?} is undocumented");
        }
        assert_eq!(Opcode::from_byte(0xff), None);
    }

    #[test]
    fn decode_reports_the_offset_of_an_unknown_opcode() {
        let code = [Opcode::Nil as u8, 0xee];
        assert_eq!(
            decode(&code, CodeOffset(1)),
            Err(DecodeError::UnknownOpcode { byte: 0xee, at: CodeOffset(1) })
        );
    }

    #[test]
    fn decode_reports_a_truncated_instruction_and_the_end() {
        let code = [Opcode::Integer as u8, 1, 2];
        let at = CodeOffset(0);
        assert_eq!(decode(&code, at), Err(DecodeError::Truncated { opcode: Opcode::Integer, at }));
        assert_eq!(decode(&code, CodeOffset(3)), Err(DecodeError::PastEnd { at: CodeOffset(3) }));
    }

    #[test]
    fn backward_jumps_cost_one_reduction_more_when_taken() {
        let back = Instruction::JumpIfFalse { offset: JumpOffset(-9) };
        assert_eq!((back.reductions(true), back.reductions(false)), (1, 0));
        assert_eq!(Instruction::Jump { offset: JumpOffset(3) }.reductions(true), 0);
        assert_eq!(Instruction::Call { count: 1 }.reductions(false), 1);
    }

    proptest! {
        #[test]
        fn every_opcode_survives_encoding(operands in prop::collection::vec(any::<u8>(), 8)) {
            for &opcode in Opcode::ALL {
                let bytes = [&[opcode as u8], &operands[..opcode.encoded_bytes() as usize - 1]].concat();
                let (instruction, end) = decode(&bytes, CodeOffset(0)).unwrap();
                prop_assert_eq!(end, CodeOffset(opcode.encoded_bytes()));
                prop_assert_eq!(instruction.opcode(), opcode);
                let mut encoded = Vec::new();
                instruction.encode(&mut encoded);
                prop_assert_eq!(&encoded, &bytes);
                prop_assert_eq!(decode(&encoded, CodeOffset(0)), Ok((instruction, end)));
                prop_assert_eq!(instruction.operands().count(), opcode.operands().len());
            }
        }

        #[test]
        fn random_bytes_never_panic_the_decoder(code in prop::collection::vec(any::<u8>(), 0..64), at in any::<u32>()) {
            let _ = decode(&code, CodeOffset(at));
            for (at, instruction, end) in instructions(&code).flatten() {
                let mut encoded = Vec::new();
                instruction.encode(&mut encoded);
                prop_assert_eq!(&encoded[..], &code[at.0 as usize..end.0 as usize]);
            }
        }
    }
}
