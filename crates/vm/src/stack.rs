//! Sealed frames: how a stack that is captured or has grown too long becomes immutable heap objects, and comes back.
//!
//! A segment's payload is: parent segment, words of the parent in use, return address into the parent, words below this
//! segment in all, then frames as they lay on the stack.
//!
//! 1. The bottom frame on the stack returns to the underflow stub unless it is the boot frame; [`Under`] says what lies
//!    below it.
//! 2. Segments are never written after they are made. Returning copies one frame back.
//! 3. Sealing moves the running frame to the bottom of the stack.

use arena::{ObjectTag, Value};

use crate::code::Code;
use crate::context::Particulars;
use crate::debug::HomePlace;
use crate::error::{ErrorKind, Trap};
use crate::machine::{State, Vm};

/// Words of a segment before its frames.
pub(crate) const SEGMENT_HEADER_WORDS: usize = 4;

/// A frame that begins above this word has what is below it sealed.
pub(crate) const STACK_WORDS_MAX: usize = 1 << 14;

/// What lies below the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Under {
    /// A segment, or `()`.
    pub(crate) segment: Value,
    /// Words of it that count.
    pub(crate) words: usize,
    /// Where its top frame goes on.
    pub(crate) pc: *const u64,
}

impl Under {
    pub(crate) const fn none() -> Under {
        Under { segment: Value::NIL, words: 0, pc: std::ptr::null() }
    }

    /// The fields of a segment or continuation that hold one of these, from `at` on.
    pub(crate) fn read(object: Value, at: usize) -> Under {
        Under {
            segment: object.field(at),
            words: object.field(at + 1).as_fixnum() as usize,
            pc: object.raw(at + 2) as usize as *const u64,
        }
    }

    pub(crate) fn write(&self, object: Value, at: usize) {
        object.init_field(at, self.segment);
        object.init_field(at + 1, Value::fixnum(self.words as i64));
        object.init_field(at + 2, Value::from_bits(self.pc as usize as u64));
    }

    /// Words of all sealed frames that count.
    pub(crate) fn depth_words(&self) -> usize {
        if self.segment == Value::NIL { 0 } else { self.segment.field(3).as_fixnum() as usize + self.words }
    }
}

impl Vm<'_> {
    /// Seals everything below the frame at `fp`. Afterwards that frame is the bottom of the stack and `fp` is 1.
    /// `words` is how many words of the frame, from slot 0 on, are in use.
    pub(crate) fn seal(&mut self, words: usize) -> Result<(), Trap> {
        let below = self.state.fp - 1;
        if below == 0 {
            return Ok(());
        }
        let depth = self.state.under.depth_words();
        if depth + below > self.stack_words_max + self.state.stack_slack {
            return Err(stack_full(depth + below, self.stack_words_max));
        }
        if depth < self.stack_words_max / 2 {
            self.state.stack_slack = 0;
        }
        self.reserve_object(SEGMENT_HEADER_WORDS + below)?;
        let segment = self.alloc(ObjectTag::Segment, SEGMENT_HEADER_WORDS + below);
        let state = &mut *self.state;
        state.under.write(segment, 0);
        segment.init_field(3, Value::fixnum(depth as i64));
        for (index, value) in state.stack[..below].iter().enumerate() {
            segment.init_field(SEGMENT_HEADER_WORDS + index, *value);
        }
        let header = state.fp + state.running_code().parameters as usize;
        let pc = state.stack[header].bits() as usize as *const u64;
        state.under = Under { segment, words: below, pc };
        state.stack[header] = self.library.underflow_word();
        state.stack.copy_within(below..below + 1 + words, 0);
        state.fp = 1;
        Ok(())
    }

    /// Makes the stack at least `wanted` words long.
    pub(crate) fn make_stack_room(&mut self, wanted: usize) {
        let stack = &mut self.state.stack;
        if stack.len() < wanted {
            stack.resize(wanted.next_power_of_two(), Value::ZERO);
        }
    }

    /// A frame has returned into what is sealed: copies the sealed frame on top back and gives it the value, which is
    /// the first word of the stack.
    pub(crate) fn underflow(&mut self) {
        let state = &mut *self.state;
        let value = state.stack[0];
        let Under { segment, words, pc } = state.under;
        let (start, base) = top_frame(words, pc);
        let length = words - start;
        let code = Code::of(segment.field(SEGMENT_HEADER_WORDS + start));
        let wanted = (1 + code.frame_words as usize).max(length + 1);
        if state.stack.len() < wanted {
            state.stack.resize(wanted.next_power_of_two(), Value::ZERO);
        }
        let from = SEGMENT_HEADER_WORDS + start;
        state.stack[..length].copy_from_slice(&segment.fields()[from..from + length]);
        state.fp = 1;
        let header = 1 + code.parameters as usize;
        let underflow = self.library.underflow_word();
        let saved = state.stack[header];
        if start == 0 {
            debug_assert!(saved == underflow || segment.field(0) == Value::NIL);
            state.under = Under::read(segment, 0);
        } else {
            state.under = Under { segment, words: start, pc: saved.bits() as usize as *const u64 };
            state.stack[header] = underflow;
        }
        // Slot `base - 1` of the frame takes the value.
        state.stack[base] = value;
        // What other frames have left here is no root of this one.
        let end = 1 + code.frame_words as usize;
        if base + 1 < end {
            state.stack[base + 1..end].fill(Value::ZERO);
        }
        state.pc = pc;
    }
}

#[cold]
fn stack_full(words: usize, limit: usize) -> Trap {
    let message = format!("the stack is full: {words} of {limit} words in use (setting: stack)");
    let bound = Some((limit as u64, words as u64));
    Trap::error(ErrorKind::StackLimit, message, &[]).with(Particulars { bound, ..Particulars::default() })
}

/// Of the frame on top of the first `words` words of a segment, which goes on at `pc`: where its closure lies, and the
/// base of the call it is in. The callee's closure would lie at `words`.
pub(crate) fn top_frame(words: usize, pc: *const u64) -> (usize, usize) {
    let base = base_before(pc);
    (words - base, base)
}

/// Base of the call that returns to `pc`.
pub(crate) fn base_before(pc: *const u64) -> usize {
    // SAFETY: `pc` is a return address, with its call's word before it (instruction's invariant 2).
    crate::instruction::a(unsafe { *pc.sub(1) })
}

impl State {
    /// The frames on the stack and under it, innermost first: closure, where it is, its slots.
    pub(crate) fn frames(&self, limit: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut fp = self.fp;
        let mut pc = self.pc;
        let mut is_return_address = false;
        loop {
            let closure = self.stack[fp - 1];
            let code = Code::of(closure);
            let end = (fp + code.frame_words as usize).min(self.stack.len());
            let place = HomePlace::Stack { index: fp, fp };
            frames.push(Frame::new(closure, pc, is_return_address, self.stack[fp..end].to_vec(), place));
            if frames.len() >= limit || fp == 1 {
                break;
            }
            pc = self.stack[fp + code.parameters as usize].bits() as usize as *const u64;
            is_return_address = true;
            fp -= base_before(pc);
        }
        let mut under = self.under;
        while under.segment != Value::NIL && frames.len() < limit {
            let (start, base) = top_frame(under.words, under.pc);
            let closure = under.segment.field(SEGMENT_HEADER_WORDS + start);
            let code = Code::of(closure);
            let mut slots: Vec<Value> =
                (1..base).map(|index| under.segment.field(SEGMENT_HEADER_WORDS + start + index)).collect();
            slots.resize(code.frame_words as usize, Value::ZERO);
            let place = HomePlace::Object { holder: under.segment, index: SEGMENT_HEADER_WORDS + start + 1 };
            frames.push(Frame::new(closure, under.pc, true, slots, place));
            let header = SEGMENT_HEADER_WORDS + start + 1 + code.parameters as usize;
            under = if start == 0 {
                Under::read(under.segment, 0)
            } else {
                let pc = under.segment.raw(header) as usize as *const u64;
                Under { segment: under.segment, words: start, pc }
            };
        }
        frames
    }
}

impl State {
    /// Calls `visit` with the code of the frames on the stack and under it, innermost first, until it answers `false`.
    pub(crate) fn each_code(&self, mut visit: impl FnMut(&Code) -> bool) {
        let mut fp = self.fp;
        loop {
            let code = Code::of(self.stack[fp - 1]);
            if !visit(code) {
                return;
            }
            if fp == 1 {
                break;
            }
            let pc = self.stack[fp + code.parameters as usize].bits() as usize as *const u64;
            fp -= base_before(pc);
        }
        let mut under = self.under;
        while under.segment != Value::NIL {
            let (start, _) = top_frame(under.words, under.pc);
            let code = Code::of(under.segment.field(SEGMENT_HEADER_WORDS + start));
            if !visit(code) {
                return;
            }
            under = if start == 0 {
                Under::read(under.segment, 0)
            } else {
                let header = SEGMENT_HEADER_WORDS + start + 1 + code.parameters as usize;
                let pc = under.segment.raw(header) as usize as *const u64;
                Under { segment: under.segment, words: start, pc }
            };
        }
    }
}

/// A frame, for looking.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) closure: Value,
    pub(crate) pc: *const u64,
    pub(crate) is_return_address: bool,
    pub(crate) slots: Vec<Value>,
    /// Where slot 0 is held.
    start: HomePlace,
}

impl Frame {
    /// A frame that was left by an error goes on at the code's end; where the error was lies in its last slot.
    fn new(
        closure: Value,
        pc: *const u64,
        is_return_address: bool,
        slots: Vec<Value>,
        start: HomePlace,
    ) -> Frame {
        let code = Code::of(closure);
        if is_return_address && pc == code.signal_return() && slots.len() == code.frame_words as usize {
            let pc = slots[slots.len() - 1].bits() as usize as *const u64;
            return Frame { closure, pc, is_return_address: false, slots, start };
        }
        Frame { closure, pc, is_return_address, slots, start }
    }

    /// Where a slot is held.
    pub(crate) fn home(&self, slot: usize) -> HomePlace {
        match self.start {
            HomePlace::Stack { index, fp } => HomePlace::Stack { index: index + slot, fp },
            HomePlace::Object { holder, index } => HomePlace::Object { holder, index: index + slot },
        }
    }
}
