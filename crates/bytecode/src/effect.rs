//! Stack effects: how many slots an instruction pops and then pushes, where its row alone does not say.

use crate::{Instruction, ProcedureIndex, Program, for_each_opcode};

/// Slots popped, then slots pushed.
pub type Effect = (u32, u32);

/// Slots popped and pushed by `instruction` when control goes on to the next instruction, or leaves the procedure.
/// `None` when it makes a closure over a procedure that `program` does not have.
pub fn of(instruction: &Instruction, program: &Program) -> Option<Effect> {
    of_with(instruction, |procedure| {
        program.procedures.get(procedure.0 as usize).map(|procedure| procedure.captures.len() as u32)
    })
}

/// As [`of`], for a program under construction: `captures` says how many values a procedure captures.
pub fn of_with(
    instruction: &Instruction,
    captures: impl FnOnce(ProcedureIndex) -> Option<u32>,
) -> Option<Effect> {
    /// A row that varies has its own line here; a new one without it does not build.
    macro_rules! slots {
        ($literal:literal $name:ident $($field:ident)*) => {
            $literal
        };
        (Varies Slide $count:ident) => {
            u32::from($count) + 1
        };
        (Varies Call $count:ident) => {
            u32::from($count) + 1
        };
        (Varies TailCall $count:ident) => {
            u32::from($count) + 1
        };
        (Varies Primitive $builtin:ident $count:ident) => {
            u32::from($count)
        };
        (Varies HostCall $capability:ident $count:ident) => {
            u32::from($count)
        };
        (Varies MakeClosure $procedure:ident) => {
            captures($procedure)?
        };
    }
    macro_rules! effect_of {
        ($($(#[doc = $doc:literal])* $byte:literal $name:ident { $($field:ident: $kind:ident),* }
            $pops:tt => $pushes:tt, $reductions:literal;)*) => {
            match *instruction {
                $(
                    #[allow(unused_variables, reason = "only rows that vary read their operands")]
                    Instruction::$name { $($field),* } => (slots!($pops $name $($field)*), slots!($pushes $name)),
                )*
            }
        };
    }
    Some(for_each_opcode!(effect_of))
}

/// Slots popped and pushed by `instruction` when it jumps; `None` when it is no jump. An instruction that jumps pops
/// what its row says and pushes nothing.
pub fn of_jump(instruction: &Instruction) -> Option<Effect> {
    instruction.jump_offset()?;
    instruction.opcode().stack_effect().0.map(|pops| (pops, 0))
}
