//! The verifier: accepts or rejects a program before it runs, so that the interpreter need not check what cannot go
//! wrong in an accepted one.
//!
//! What holds for an accepted program:
//! 1. Every index in constants, code, spans and variables is in range; composite constants refer to smaller indices.
//! 2. Procedure 0 takes no arguments and captures nothing.
//! 3. All code decodes; control never leaves an instruction but to the start of another one of the same procedure,
//!    and never runs past the end.
//! 4. At each reachable instruction the stack has one depth, the same on every path. It starts at the number of
//!    parameters, never falls below it, and never exceeds `frame_slots`, which is at most [`FRAME_SLOTS_MAX`].
//! 5. `Local` and `SetLocal` name slots below the current depth, so every slot that is read has been written.
//! 6. `Call`, `TailCall` and `Primitive` take at most [`ARGUMENTS_MAX`] values; the constant of a `Primitive` is a
//!    [`Constant::Builtin`], that of a capability instruction a [`Constant::Symbol`].
//!
//! 7. `BoxRef` and `BoxSet` find a box, `PatchCapture` a closure that this procedure has just made and that has such a
//!    capture, and what a procedure declares to capture as a box is one. Of other values nothing is known.
//!
//! What it does not promise, and the VM therefore checks as it runs: the types of other values (a pair for `Car`, a
//! continuation for `ResumeContinuation`), that globals are
//! bound, that a builtin of that name exists and takes that many arguments, that the mailbox instructions follow a
//! `MailboxBegin`, and which variables of the debug information are alive: only those below the current depth are.
//!
//! Time and memory are linear in the size of the program (`WORK_PER_BYTE`); nothing recurses.

mod types;

use std::collections::BTreeMap;

use types::Types;

use crate::{
    CodeOffset, ConstIndex, Constant, DecodeError, Instruction, Opcode, Operand, Procedure, ProcedureIndex,
    Program, Span, decode, effect, instructions,
};

/// Most slots that a frame may have.
pub const FRAME_SLOTS_MAX: u16 = 60_000;

/// Most values that a call or a primitive takes directly; more are passed as a list, with `Apply`.
pub const ARGUMENTS_MAX: u16 = 255;

/// Steps that a procedure may take to verify, for each byte of its code, and besides. A step is an instruction that is walked
/// over, or a box that is known at a jump target; what a compiler makes needs two or three for each instruction.
const WORK_PER_BYTE: u64 = 50;
const WORK_BASE: u64 = 4_000_000;

/// Why a program was rejected before it ran, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// Index and name of the procedure at fault; `None` when it is the program as a whole.
    pub procedure: Option<(ProcedureIndex, String)>,
    /// The instruction at fault, if it is one.
    pub at: Option<CodeOffset>,
    /// What is wrong.
    pub problem: Problem,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.procedure {
            Some((index, name)) if name.is_empty() => write!(f, "procedure {}", index.0)?,
            Some((index, name)) => write!(f, "procedure {} (`{name}`)", index.0)?,
            None => write!(f, "program")?,
        }
        if let Some(at) = self.at {
            write!(f, ", offset {at}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for VerifyError {}

/// What is wrong with a program. The text says what was found and what it must be instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no entry.
    #[error("it has no procedures; procedure 0 must be the entry")]
    NoEntry,
    /// The entry cannot be run.
    #[error("the entry must take no arguments and capture nothing, but it {0}")]
    EntryShape(&'static str),
    /// A constant refers to itself, a later one, or none.
    #[error("constant {constant} refers to constant {refers_to}; it must refer to smaller indices only")]
    ConstantOrder {
        /// The composite constant.
        constant: u32,
        /// What it names.
        refers_to: u32,
    },
    /// A knot is not tied from a hole and a composite constant.
    #[error("constant {constant} must tie a hole to a pair or vector, both of smaller indices")]
    MalformedKnot {
        /// The knot.
        constant: u32,
    },
    /// A big integer constant is not a decimal numeral.
    #[error("constant {constant} must be a decimal integer with an optional `-`")]
    MalformedInteger {
        /// The constant.
        constant: u32,
    },
    /// A ratio constant is not two decimal numerals, or divides by zero.
    #[error(
        "constant {constant} must be two decimal integers with `/` between them, the first with an optional `-`, the second not zero"
    )]
    MalformedRatio {
        /// The constant.
        constant: u32,
    },
    /// The frame is too large or too small for the parameters.
    #[error(
        "the frame has {frame_slots} slots; it must have at least {parameters} for the parameters and at most {FRAME_SLOTS_MAX}: split the procedure"
    )]
    FrameSize {
        /// Slots declared.
        frame_slots: u16,
        /// Required arguments and the list of the rest.
        parameters: u32,
    },
    /// The code does not decode.
    #[error("{0}; all of the code must be instructions of the opcode table")]
    Decode(#[from] DecodeError),
    /// An operand indexes past its table.
    #[error("{} names {what} {index}, but there are only {len}", .opcode.name())]
    IndexOutOfRange {
        /// The instruction.
        opcode: Opcode,
        /// What it names.
        what: &'static str,
        /// The index.
        index: u32,
        /// Entries of the table.
        len: usize,
    },
    /// A primitive's constant is something else.
    #[error("Primitive names constant {index}, which is no builtin; it must be a `Constant::Builtin`")]
    NotABuiltin {
        /// The constant.
        index: u32,
    },
    /// A capability's constant is something else.
    #[error("{} names constant {index}, which is no symbol; it must be the kind of a capability", .opcode.name())]
    NotACapability {
        /// The instruction.
        opcode: Opcode,
        /// The constant.
        index: u32,
    },
    /// Too many direct arguments.
    #[error("{} takes {count} values; at most {ARGUMENTS_MAX} are allowed: pass a list with Apply", .opcode.name())]
    TooManyArguments {
        /// The instruction.
        opcode: Opcode,
        /// Values it takes.
        count: u16,
    },
    /// A jump leads out of the code or into an instruction.
    #[error("{} leads to {target}, which is not the start of an instruction of this procedure", .opcode.name())]
    JumpTarget {
        /// The instruction.
        opcode: Opcode,
        /// Absolute offset that it leads to; it may be negative.
        target: i64,
    },
    /// Control can reach the end of the code.
    #[error(
        "control falls off the end of the code; each path must end in Return, a tail call, ResumeContinuation or a jump"
    )]
    FallsOff,
    /// An instruction pops more than there is.
    #[error("{} pops {pops} values, but only {available} lie above the {parameters} parameters", .opcode.name())]
    Underflow {
        /// The instruction.
        opcode: Opcode,
        /// What it pops.
        pops: u32,
        /// What there is to pop.
        available: u32,
        /// Slots of the parameters, which stay.
        parameters: u32,
    },
    /// The stack grows past the frame.
    #[error("the stack grows to {depth} slots with {}, but the frame has {frame_slots}; raise frame_slots", .opcode.name())]
    Overflow {
        /// The instruction.
        opcode: Opcode,
        /// Slots in use after it.
        depth: u32,
        /// Slots declared.
        frame_slots: u16,
    },
    /// Two paths reach an instruction with different depths.
    #[error("one path arrives here with {first} slots in use and another with {second}; all must agree")]
    DepthDiffers {
        /// Depth on the path seen first.
        first: u32,
        /// Depth on the other.
        second: u32,
    },
    /// A slot is used that holds no value yet.
    #[error("{} names slot {slot}, but only the {initialised} slots below that are in use here", .opcode.name())]
    SlotUninitialised {
        /// The instruction.
        opcode: Opcode,
        /// The slot.
        slot: u16,
        /// Slots that it may name.
        initialised: u32,
    },
    /// A box is needed and something else may be there.
    #[error("{} needs a box in slot {slot}, where something else may be; MakeBox makes one", .opcode.name())]
    NotABox {
        /// The instruction.
        opcode: Opcode,
        /// The slot.
        slot: u32,
    },
    /// A closure is patched that may be another one.
    #[error("{} needs a closure with captures in slot {slot}, made since the last jump target", .opcode.name())]
    NotAClosure {
        /// The instruction.
        opcode: Opcode,
        /// The slot.
        slot: u32,
    },
    /// Too many boxes are known at too many places.
    #[error("it takes too long to find out which slots hold boxes; split the procedure")]
    TooManyBoxes,
    /// A span is out of order, or not in its file.
    #[error("span {index} of the source map {why}")]
    BadSpan {
        /// Which.
        index: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The procedure's own span is not in its file.
    #[error("the procedure's own span {0}")]
    BadProcedureSpan(&'static str),
    /// A variable of the debug information is out of order or range.
    #[error("variable {index} (`{name}`) of the debug information {why}")]
    BadVariable {
        /// Which.
        index: usize,
        /// Its name.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// Checks `program`; linear in its size.
///
/// # Errors
/// [`VerifyError`] with the first thing found that breaks a rule of this module.
pub fn verify(program: &Program) -> Result<(), VerifyError> {
    verify_whole(program).map_err(|problem| VerifyError { procedure: None, at: None, problem })?;
    for (index, procedure) in program.procedures.iter().enumerate() {
        verify_procedure(program, procedure).map_err(|(at, problem)| VerifyError {
            procedure: Some((ProcedureIndex(index as u32), procedure.name.clone())),
            at,
            problem,
        })?;
    }
    Ok(())
}

/// A problem, and the instruction that has it if it is one.
type Located = (Option<CodeOffset>, Problem);

/// What can be said without looking at code.
fn verify_whole(program: &Program) -> Result<(), Problem> {
    let entry = program.procedures.first().ok_or(Problem::NoEntry)?;
    if entry.required != 0 || entry.rest {
        return Err(Problem::EntryShape("takes arguments"));
    }
    if !entry.captures.is_empty() {
        return Err(Problem::EntryShape("captures values"));
    }
    for (index, constant) in program.constants.iter().enumerate() {
        verify_constant(program, index as u32, constant)?;
    }
    Ok(())
}

fn verify_constant(program: &Program, constant: u32, value: &Constant) -> Result<(), Problem> {
    let smaller = |refers_to: &ConstIndex| {
        if refers_to.0 < constant {
            Ok(())
        } else {
            Err(Problem::ConstantOrder { constant, refers_to: refers_to.0 })
        }
    };
    match value {
        Constant::Pair(first, rest) => smaller(first).and_then(|()| smaller(rest)),
        Constant::Vector(items) => items.iter().try_for_each(smaller),
        Constant::BigInteger(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            if is_natural(digits) { Ok(()) } else { Err(Problem::MalformedInteger { constant }) }
        }
        Constant::Ratio(text) => {
            let parts = text.strip_prefix('-').unwrap_or(text).split_once('/');
            let well_formed = parts.is_some_and(|(top, bottom)| {
                is_natural(top) && is_natural(bottom) && bottom.bytes().any(|digit| digit != b'0')
            });
            if well_formed { Ok(()) } else { Err(Problem::MalformedRatio { constant }) }
        }
        Constant::Knot { hole, whole } => {
            smaller(hole).and_then(|()| smaller(whole))?;
            let kind = |index: &ConstIndex| &program.constants[index.0 as usize];
            match (kind(hole), kind(whole)) {
                (Constant::Hole, Constant::Pair(..) | Constant::Vector(_) | Constant::Knot { .. }) => Ok(()),
                _ => Err(Problem::MalformedKnot { constant }),
            }
        }
        Constant::Nil
        | Constant::Hole
        | Constant::Boolean(_)
        | Constant::Unspecified
        | Constant::Eof
        | Constant::Integer(_)
        | Constant::Flonum(_)
        | Constant::Character(_)
        | Constant::String(_)
        | Constant::Symbol(_)
        | Constant::Bytevector(_)
        | Constant::Builtin(_) => Ok(()),
    }
}

fn is_natural(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn verify_procedure(program: &Program, procedure: &Procedure) -> Result<(), Located> {
    let parameters = u32::from(procedure.required) + u32::from(procedure.rest);
    let frame_slots = procedure.frame_slots;
    if parameters > u32::from(frame_slots) || frame_slots > FRAME_SLOTS_MAX {
        return Err((None, Problem::FrameSize { frame_slots, parameters }));
    }
    verify_source_map(program, procedure).map_err(|problem| (None, problem))?;
    let mut depths = vec![Depth::INSIDE; procedure.code.len()];
    for item in instructions(&procedure.code) {
        let (at, instruction, _) = item.map_err(|error| (decode_error_offset(&error), error.into()))?;
        depths[at.0 as usize] = Depth::UNKNOWN;
        verify_operands(program, procedure, &instruction).map_err(|problem| (Some(at), problem))?;
    }
    let work = procedure.code.len() as u64 * WORK_PER_BYTE + WORK_BASE;
    let targets = BTreeMap::new();
    Flow { program, procedure, parameters, depths, targets, pending: Vec::new(), work }.run()
}

fn decode_error_offset(error: &DecodeError) -> Option<CodeOffset> {
    match error {
        DecodeError::UnknownOpcode { at, .. }
        | DecodeError::Truncated { at, .. }
        | DecodeError::PastEnd { at } => Some(*at),
    }
}

/// Spans and variables: sorted, in the code, in their file and frame.
fn verify_source_map(program: &Program, procedure: &Procedure) -> Result<(), Problem> {
    let code_end = CodeOffset(procedure.code.len() as u32);
    if let Some(why) = span_problem(program, &procedure.span) {
        return Err(Problem::BadProcedureSpan(why));
    }
    let mut previous = CodeOffset(0);
    for (index, (start, span)) in procedure.spans.iter().enumerate() {
        let why = if *start < previous {
            Some("must not start before the one before it")
        } else if *start >= code_end {
            Some("must start inside of the code")
        } else {
            span_problem(program, span)
        };
        if let Some(why) = why {
            return Err(Problem::BadSpan { index, why });
        }
        previous = *start;
    }
    previous = CodeOffset(0);
    for (index, variable) in procedure.variables.iter().enumerate() {
        let why = if variable.start < previous {
            "must not start before the one before it"
        } else if variable.end < variable.start || variable.end > code_end {
            "must end after its start and inside of the code"
        } else if variable.slot >= procedure.frame_slots {
            "must have its slot in the frame"
        } else {
            previous = variable.start;
            continue;
        };
        return Err(Problem::BadVariable { index, name: variable.name.clone(), why });
    }
    Ok(())
}

/// What is wrong with a span. A program without files carries spans that name none.
fn span_problem(program: &Program, span: &Span) -> Option<&'static str> {
    if program.files.is_empty() {
        return None;
    }
    match program.files.get(usize::from(span.file)) {
        None => Some("must name a file of the program"),
        Some(file) if span.start > span.end || span.end as usize > file.text.len() => {
            Some("must lie inside of the text of its file")
        }
        Some(_) => None,
    }
}

/// Operands that can be checked without knowing the stack.
fn verify_operands(
    program: &Program,
    procedure: &Procedure,
    instruction: &Instruction,
) -> Result<(), Problem> {
    let opcode = instruction.opcode();
    for (_, operand) in instruction.operands() {
        let (what, index, len) = match operand {
            Operand::ConstIndex(index) => ("constant", index.0, program.constants.len()),
            Operand::Global(index) => ("global variable", index.0, program.globals.len()),
            Operand::Procedure(index) => ("procedure", index.0, program.procedures.len()),
            // The closure that PatchCapture patches is another one, known only at run time.
            Operand::Capture(_) if opcode == Opcode::PatchCapture => continue,
            Operand::Capture(index) => ("captured value", u32::from(index), procedure.captures.len()),
            Operand::Slot(index) => ("frame slot", u32::from(index), usize::from(procedure.frame_slots)),
            Operand::Count(count) if count > ARGUMENTS_MAX && opcode != Opcode::Slide => {
                return Err(Problem::TooManyArguments { opcode, count });
            }
            Operand::Immediate(_) | Operand::Count(_) | Operand::Jump(_) => continue,
        };
        if index as usize >= len {
            return Err(Problem::IndexOutOfRange { opcode, what, index, len });
        }
    }
    if let Instruction::Primitive { builtin, .. } = *instruction
        && !matches!(program.constants[builtin.0 as usize], Constant::Builtin(_))
    {
        return Err(Problem::NotABuiltin { index: builtin.0 });
    }
    if let Some(index) = instruction.capability()
        && !matches!(program.constants[index.0 as usize], Constant::Symbol(_))
    {
        return Err(Problem::NotACapability { opcode, index: index.0 });
    }
    Ok(())
}

/// What is known about the stack at a byte of the code: a depth in slots, or one of two marks above all depths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Depth(u32);

impl Depth {
    /// The byte lies inside of an instruction.
    const INSIDE: Depth = Depth(u32::MAX);
    /// An instruction starts here that no path has reached yet.
    const UNKNOWN: Depth = Depth(u32::MAX - 1);
}

/// The walk over all paths of a procedure. It visits an instruction again only if less is known there than before.
struct Flow<'program> {
    program: &'program Program,
    procedure: &'program Procedure,
    parameters: u32,
    /// One entry per byte of code.
    depths: Vec<Depth>,
    /// What is known about slots where a jump leads to, once one was followed. Others are reached in one way.
    targets: BTreeMap<u32, Types>,
    /// Jump targets reached and not walked yet.
    pending: Vec<CodeOffset>,
    /// Steps that are left.
    work: u64,
}

impl Flow<'_> {
    fn run(mut self) -> Result<(), Located> {
        if self.procedure.code.is_empty() {
            return Err((None, Problem::FallsOff));
        }
        self.depths[0] = Depth(self.parameters);
        // Where jumps lead: whatever reaches these has to agree.
        for item in instructions(&self.procedure.code) {
            let (_, instruction, end) = item.expect("all of it was decoded");
            if let Some(target) = instruction.jump_offset().and_then(|offset| offset.target(end)) {
                self.is_target(target).then(|| self.targets.insert(target.0, Types::default()));
            }
        }
        self.pending.push(CodeOffset(0));
        while let Some(start) = self.pending.pop() {
            let types = self.targets.get(&start.0).cloned().unwrap_or_default();
            self.walk(start, types)?;
        }
        Ok(())
    }

    fn is_target(&self, target: CodeOffset) -> bool {
        self.depths.get(target.0 as usize).is_some_and(|depth| *depth != Depth::INSIDE)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Problem> {
        self.work = self.work.checked_sub(steps as u64).ok_or(Problem::TooManyBoxes)?;
        Ok(())
    }

    /// Follows one straight line from `start`, whose depth is known, to its end or to what another has walked.
    fn walk(&mut self, start: CodeOffset, mut types: Types) -> Result<(), Located> {
        let mut at = start;
        loop {
            let located = |problem| (Some(at), problem);
            self.spend(1).map_err(located)?;
            let (instruction, end) =
                decode(&self.procedure.code, at).map_err(|error| located(error.into()))?;
            let depth = self.depths[at.0 as usize].0;
            let effect = effect::of(&instruction, self.program).expect("operands are in range");
            let after = self.apply(&instruction, depth, effect).map_err(located)?;
            self.verify_slot(&instruction, depth, effect.0).map_err(located)?;
            types.apply(self.program, self.procedure, &instruction, depth, effect.0).map_err(located)?;
            if let Some(offset) = instruction.jump_offset() {
                let effect = effect::of_jump(&instruction).expect("it is a jump");
                let there = self.apply(&instruction, depth, effect).map_err(located)?;
                let target = i64::from(end.0) + i64::from(offset.0);
                let target = self.target(&instruction, target).map_err(located)?;
                if self.arrive(target, there, &types)? {
                    self.pending.push(target);
                }
            }
            if !instruction.falls_through() {
                return Ok(());
            }
            if end.0 as usize >= self.procedure.code.len() {
                return Err((Some(at), Problem::FallsOff));
            }
            if !self.arrive(end, after, &types)? {
                return Ok(());
            }
            if let Some(known) = self.targets.get(&end.0) {
                types = known.clone();
            }
            at = end;
        }
    }

    /// The start of the instruction at `target`, if there is one.
    fn target(&self, instruction: &Instruction, target: i64) -> Result<CodeOffset, Problem> {
        let error = Problem::JumpTarget { opcode: instruction.opcode(), target };
        let offset = u32::try_from(target).map_err(|_| error.clone())?;
        match self.depths.get(offset as usize) {
            None | Some(&Depth::INSIDE) => Err(error),
            Some(_) => Ok(CodeOffset(offset)),
        }
    }

    /// Notes that a path reaches `at` with `depth`; answers whether it has to be walked from there.
    fn arrive(&mut self, at: CodeOffset, depth: u32, types: &Types) -> Result<bool, Located> {
        let known = &mut self.depths[at.0 as usize];
        let is_first = *known == Depth::UNKNOWN;
        if is_first {
            *known = Depth(depth);
        } else if known.0 != depth {
            return Err((Some(at), Problem::DepthDiffers { first: known.0, second: depth }));
        }
        let Some(target) = self.targets.get_mut(&at.0) else { return Ok(true) };
        let learned = if is_first {
            *target = types.at_target(depth);
            true
        } else {
            target.meet(types)
        };
        let steps = types.len() + 1;
        self.spend(steps).map_err(|problem| (Some(at), problem))?;
        Ok(learned)
    }

    /// Depth after an effect.
    fn apply(
        &self,
        instruction: &Instruction,
        depth: u32,
        (pops, pushes): effect::Effect,
    ) -> Result<u32, Problem> {
        let (opcode, parameters) = (instruction.opcode(), self.parameters);
        let available = depth - parameters;
        if pops > available {
            return Err(Problem::Underflow { opcode, pops, available, parameters });
        }
        let after = depth - pops + pushes;
        let frame_slots = self.procedure.frame_slots;
        let deepest = after.max(depth + instruction.scratch_slots());
        if deepest > u32::from(frame_slots) {
            return Err(Problem::Overflow { opcode, depth: deepest, frame_slots });
        }
        Ok(after)
    }

    /// A slot that is named lies below what the instruction pops.
    fn verify_slot(&self, instruction: &Instruction, depth: u32, pops: u32) -> Result<(), Problem> {
        let initialised = depth - pops;
        for (_, operand) in instruction.operands() {
            if let Operand::Slot(slot) = operand
                && u32::from(slot) >= initialised
            {
                return Err(Problem::SlotUninitialised { opcode: instruction.opcode(), slot, initialised });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
