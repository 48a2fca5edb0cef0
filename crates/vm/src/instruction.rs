//! The loader's register code: what the dispatch loop executes.
//!
//! The loader turns the stack code of a procedure into instructions on frame slots, so that most operands are read where
//! they already lie. One instruction is one 64-bit word; some are followed by a constant word.
//!
//! | field | bits | use |
//! |---|---|---|
//! | op | 0–7 | [`Op`] |
//! | `e` | 8–15 | argument count |
//! | `a` | 16–31 | destination, or base of a call |
//! | `b` | 32–47 | operand slot or immediate |
//! | `c` | 48–63 | operand slot, immediate, or short jump |
//! | `d` | 32–63 | long jump, global slot, primitive |
//!
//! 1. `a` of a call is its base: the slot of its first argument. The callee's frame starts there; the slot below holds
//!    the callee's closure and, on return, the value.
//! 2. A return address points to the word after a call, so that `base` can be read from the word before it.
//! 3. Jumps count words from the instruction's own first word.

/// Operations on frame slots. `R[x]` is slot x of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Op {
    /// R[a] = R[b]
    Move,
    /// R[a] = next word
    Constant,
    /// R[a] = capture b of the closure
    Capture,
    /// R[a] = the running closure
    CurrentClosure,
    /// R[a] = global d
    Global,
    /// global d = R[a], if bound
    SetGlobal,
    /// global d = R[a]
    DefineGlobal,
    /// R[a] = box of R[b]
    MakeBox,
    /// R[a] = content of box R[b]
    BoxRef,
    /// content of box R[a] = R[b]
    BoxSet,
    /// R[a] = closure of the code in the next word over R[a .. a + d]
    MakeClosure,
    /// capture c of closure R[a] = R[b]
    PatchCapture,
    /// jump d
    Jump,
    /// jump d, backward: costs a reduction
    JumpBack,
    /// if R[a] is false, jump d
    JumpIfFalse,
    /// if R[a] is not false, jump d
    JumpIfTrue,
    /// call R[a - 1] with e arguments from R[a]
    Call,
    /// call global d with e arguments from R[a]
    CallGlobal,
    /// call R[a - 1] with e arguments from R[a] in place of this frame; d = slot of this frame's return address
    TailCall,
    /// R[a - 1] = apply R[a - 1] to list R[a]
    Apply,
    /// the same in place of this frame; d as in TailCall
    TailApply,
    /// give R[a] to the caller; b = slot of the return address
    Return,
    /// give the next word to the caller; b as in Return
    ReturnConstant,
    /// R[a] = primitive d of e arguments from R[a]
    Primitive,
    /// R[a] = continuation of this frame's call
    CaptureContinuation,
    /// go on from continuation R[a] with R[b]
    ResumeContinuation,
    /// R[a] = dynamic state
    DynamicState,
    /// dynamic state = R[a]
    SetDynamicState,
    /// R[a] = cons R[b] R[c]
    Cons,
    /// R[a] = car R[b]
    Car,
    /// R[a] = cdr R[b]
    Cdr,
    /// car of R[a] = R[b]
    SetCar,
    /// cdr of R[a] = R[b]
    SetCdr,
    /// R[a] = R[b] is nil
    IsNull,
    /// R[a] = R[b] is a pair
    IsPair,
    /// R[a] = R[b] is false
    Not,
    /// R[a] = R[b] eq R[c]
    Eq,
    /// R[a] = vector R[b] at R[c]
    VectorRef,
    /// vector R[a] at R[b] = R[c]
    VectorSet,
    /// R[a] = string R[b] at R[c]
    StringRef,
    /// R[a] = R[b] + R[c]
    Add,
    /// R[a] = R[b] - R[c]
    Subtract,
    /// R[a] = R[b] * R[c]
    Multiply,
    /// R[a] = R[b] / R[c]
    Divide,
    /// R[a] = quotient R[b] R[c]
    Quotient,
    /// R[a] = remainder R[b] R[c]
    Remainder,
    /// R[a] = modulo R[b] R[c]
    Modulo,
    /// R[a] = R[b] + immediate c
    AddImmediate,
    /// R[a] = R[b] - immediate c
    SubtractImmediate,
    /// R[a] = R[b] = R[c]
    NumberEqual,
    /// R[a] = R[b] < R[c]
    Less,
    /// R[a] = R[b] > R[c]
    Greater,
    /// R[a] = R[b] <= R[c]
    LessOrEqual,
    /// R[a] = R[b] >= R[c]
    GreaterOrEqual,
    /// unless R[a] = R[b], jump c
    UnlessNumberEqual,
    /// unless R[a] < R[b], jump c
    UnlessLess,
    /// unless R[a] > R[b], jump c
    UnlessGreater,
    /// unless R[a] <= R[b], jump c
    UnlessLessOrEqual,
    /// unless R[a] >= R[b], jump c
    UnlessGreaterOrEqual,
    /// unless R[a] = immediate b, jump c
    UnlessNumberEqualImmediate,
    /// unless R[a] < immediate b, jump c
    UnlessLessImmediate,
    /// unless R[a] > immediate b, jump c
    UnlessGreaterImmediate,
    /// unless R[a] <= immediate b, jump c
    UnlessLessOrEqualImmediate,
    /// unless R[a] >= immediate b, jump c
    UnlessGreaterOrEqualImmediate,
    /// unless R[a] is nil, jump d
    UnlessNull,
    /// unless R[a] is a pair, jump d
    UnlessPair,
    /// unless R[a] eq R[b], jump c
    UnlessEq,
    /// unless R[a] eq next word, jump d
    UnlessEqConstant,
    /// give up the slice
    Yield,
    /// send R[b] to actor R[a]
    Send,
    /// R[a] = oldest message
    ReceiveAny,
    /// begin a receive with timeout R[a]
    MailboxBegin,
    /// R[a] = message at the cursor, else jump d; costs a reduction when backward
    MailboxPeek,
    /// remove the message at the cursor
    MailboxTake,
    /// advance the cursor, jump d; costs a reduction when backward
    MailboxNext,
    /// wait; on arrival jump d, on timeout fall through
    MailboxWait,
    /// the actor's thunk has returned R[a]
    Halt,
    /// a frame was returned to that is sealed
    Underflow,
    /// what handles an error has returned to where the error was; the word before is as a call's
    SignalReturned,
    /// the debugger's: stands for an operation that it knows, on the operands that are here
    Break,
}

/// How many operations there are.
pub(crate) const OPS: u8 = Op::Break as u8 + 1;

impl Op {
    /// The operation of an instruction word.
    #[inline(always)]
    pub(crate) fn of(word: u64) -> Op {
        let byte = word as u8;
        debug_assert!(byte < OPS);
        // SAFETY: instruction words are made by `encode` functions below only, from an `Op`.
        unsafe { std::mem::transmute::<u8, Op>(byte) }
    }
}

/// Encodes op, e, a, b, c.
pub(crate) const fn abc(op: Op, e: u8, a: u16, b: u16, c: u16) -> u64 {
    op as u64 | (e as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48
}

/// Encodes op, e, a, d.
pub(crate) const fn ad(op: Op, e: u8, a: u16, d: u32) -> u64 {
    op as u64 | (e as u64) << 8 | (a as u64) << 16 | (d as u64) << 32
}

#[inline(always)]
pub(crate) const fn e(word: u64) -> usize {
    (word >> 8 & 0xff) as usize
}

#[inline(always)]
pub(crate) const fn a(word: u64) -> usize {
    (word >> 16 & 0xffff) as usize
}

#[inline(always)]
pub(crate) const fn b(word: u64) -> usize {
    (word >> 32 & 0xffff) as usize
}

#[inline(always)]
pub(crate) const fn c(word: u64) -> usize {
    (word >> 48) as usize
}

#[inline(always)]
pub(crate) const fn d(word: u64) -> u32 {
    (word >> 32) as u32
}

/// `b` as a signed immediate.
#[inline(always)]
pub(crate) const fn b_signed(word: u64) -> i64 {
    (word >> 32) as i16 as i64
}

/// `c` as a signed immediate.
#[inline(always)]
pub(crate) const fn c_signed(word: u64) -> i64 {
    word as i64 >> 48
}

/// `d` as a signed jump.
#[inline(always)]
pub(crate) const fn d_signed(word: u64) -> isize {
    (word >> 32) as i32 as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_went_in() {
        let word = abc(Op::UnlessLessImmediate, 0, 65_535, -7_i16 as u16, -30_000_i16 as u16);
        assert_eq!(Op::of(word), Op::UnlessLessImmediate);
        assert_eq!((a(word), b_signed(word), c_signed(word)), (65_535, -7, -30_000));
        let word = ad(Op::CallGlobal, 255, 3, u32::MAX);
        assert_eq!((e(word), a(word), d(word), d_signed(word)), (255, 3, u32::MAX, -1));
    }
}
