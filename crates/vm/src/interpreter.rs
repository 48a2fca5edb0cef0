//! The dispatch loop.
//!
//! 1. While the loop runs, `pc`, `fp` and `fuel` live in locals; `save!` writes them to the machine before anything that
//!    collects, raises, or leaves. The stack does not move except in calls that say so, after which `reload!` follows.
//! 2. Instructions come from the loader, which made them from verified code: slots lie inside the frame, and entering a
//!    procedure has made sure that its frame lies inside the stack.
//! 3. A trap leaves the machine with `pc` at the instruction that raised it.

use arena::{ObjectTag, Value};

use crate::code::Code;
use crate::debug::{Debugger, EventKind, StopReason};
use crate::error::Trap;
use crate::host::Host;
use crate::instruction::{self as word, Op};
use crate::library::Library;
use crate::machine::{Machine, Outcome, Vm};
use crate::number::{self, Arithmetic, Comparison};
use crate::profile::Watch;
use crate::runtime::{call_primitive, divide_small, is_eq, multiply_small, send, string_error, vector_error};

impl Machine {
    /// Runs until `fuel` reductions are used up, or something ends the slice before. Takes what was used off `fuel`.
    pub fn step(
        &mut self,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        debugger: Option<&mut Debugger>,
    ) -> Outcome {
        self.step_watched(library, host, fuel, debugger.map(|debugger| debugger as &mut dyn Watch))
    }

    /// As [`Machine::step`], with anything that watches.
    #[inline]
    pub(crate) fn step_watched(
        &mut self,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        mut watch: Option<&mut dyn Watch>,
    ) -> Outcome {
        let mut vm = Vm {
            heap: &mut self.heap,
            state: &mut self.state,
            stack_words_max: self.stack_words_max,
            library,
            host,
        };
        loop {
            let before = *fuel;
            vm.state.slice_fuel = before;
            vm.state.fuel = before;
            if vm.state.confinement.is_some()
                && let Some(report) = vm.confine()
            {
                if let Err(reason) = vm.raise(report) {
                    return Outcome::Exited { reason, failed: true };
                }
                continue;
            }
            let result = match &mut watch {
                Some(watch) if watch.needs_hooks() => run::<true>(&mut vm, Some(&mut **watch)),
                _ => run::<false>(&mut vm, None),
            };
            vm.unconfine();
            *fuel = vm.state.fuel;
            vm.state.reductions = vm.state.reductions.wrapping_add_signed(before - *fuel);
            vm.state.slice_fuel = vm.state.fuel;
            vm.state.temporaries.clear();
            match result {
                // A sandbox's reductions are used up, not the slice's.
                Ok(Outcome::OutOfFuel) if *fuel > 0 => {}
                Ok(Outcome::Stopped(StopReason::Passed)) => {}
                Ok(outcome) => return outcome,
                Err(Trap::Again { reductions }) => {
                    *fuel -= i64::from(reductions);
                    vm.state.reductions += u64::from(reductions);
                    if *fuel <= 0 {
                        return Outcome::OutOfFuel;
                    }
                }
                Err(Trap::Wait) => return Outcome::Waiting,
                Err(Trap::Look(kind)) => return Outcome::Stopped(StopReason::Event(kind)),
                Err(Trap::Exit { reason, failed }) => return Outcome::Exited { reason, failed },
                Err(Trap::Error(report)) => {
                    if let Err(reason) = vm.raise(*report) {
                        return Outcome::Exited { reason, failed: true };
                    }
                }
            }
        }
    }
}

/// Where slot `index` of the frame is.
macro_rules! slot {
    ($fp:ident, $index:expr) => {
        *$fp.add($index)
    };
}

#[allow(clippy::cognitive_complexity, reason = "the dispatch loop is the one function that may be long")]
fn run<const WATCHED: bool>(vm: &mut Vm<'_>, mut watch: Option<&mut dyn Watch>) -> Result<Outcome, Trap> {
    let mut pc = vm.state.pc;
    let mut base = vm.state.stack.as_mut_ptr();
    let mut fuel = vm.state.fuel;
    // SAFETY: `fp` lies inside the stack (machine's invariant 2); likewise the end.
    let (mut fp, mut limit) = unsafe { (base.add(vm.state.fp), base.add(vm.state.plain_stack_words())) };

    // The macros are used inside the loop's unsafe block only; `fp` and `base` lie in the stack.
    /// Writes the registers back, with `pc` at `$at`.
    macro_rules! save {
        ($at:expr) => {{
            vm.state.pc = $at;
            vm.state.fp = fp.offset_from(base) as usize;
            vm.state.fuel = fuel;
        }};
    }
    macro_rules! reload {
        () => {{
            pc = vm.state.pc;
            base = vm.state.stack.as_mut_ptr();
            fp = base.add(vm.state.fp);
            limit = base.add(vm.state.plain_stack_words());
            fuel = vm.state.fuel;
        }};
    }
    /// The value of a slow path, or leaves.
    macro_rules! try_slow {
        ($at:expr, $result:expr) => {{
            save!($at);
            match $result {
                Ok(value) => {
                    // Native work is charged by size.
                    fuel = vm.state.fuel;
                    value
                }
                Err(trap) => return Err(trap),
            }
        }};
    }
    /// Charges a reduction; the slice ends before `pc` when there is no fuel left.
    macro_rules! charge {
        () => {{
            fuel -= 1;
            if fuel <= 0 {
                save!(pc);
                return Ok(Outcome::OutOfFuel);
            }
        }};
    }

    loop {
        let at = pc;
        // SAFETY: `pc` points to an instruction of the running code (invariant 2), as do all accesses to slots, constant
        // words and jump targets below.
        unsafe {
            if WATCHED {
                save!(at);
                if let Some(reason) = watch.as_deref_mut().and_then(|watch| watch.before(vm)) {
                    return Ok(Outcome::Stopped(reason));
                }
            }
            let w = match watch.as_deref() {
                Some(watch) if WATCHED => watch.word(pc),
                _ => *pc,
            };
            pc = pc.add(1);
            macro_rules! jump {
                ($distance:expr) => {
                    pc = at.offset($distance)
                };
            }
            macro_rules! arithmetic {
                ($operation:expr, |$x:ident, $y:ident| $fixnum:expr, |$u:ident, $v:ident| $flonum:expr) => {{
                    let (left, right) = (slot!(fp, word::b(w)), slot!(fp, word::c(w)));
                    let fast = if left.both_fixnums(right) {
                        let ($x, $y) = (left.bits() as i64, right.bits() as i64);
                        $fixnum
                    } else if left.is_tagged_flonum() && right.is_tagged_flonum() {
                        let ($u, $v) = (left.as_tagged_flonum(), right.as_tagged_flonum());
                        Value::try_flonum($flonum)
                    } else {
                        None
                    };
                    slot!(fp, word::a(w)) = match fast {
                        Some(value) => value,
                        None => try_slow!(at, number::arithmetic(vm, $operation, left, right)),
                    };
                }};
            }
            macro_rules! division {
                ($operation:expr, |$x:ident, $y:ident| $result:expr) => {{
                    let (left, right) = (slot!(fp, word::b(w)), slot!(fp, word::c(w)));
                    slot!(fp, word::a(w)) = if left.both_fixnums(right) && right.as_fixnum() > 0 {
                        let ($x, $y) = (left.as_fixnum(), right.as_fixnum());
                        Value::fixnum($result)
                    } else {
                        try_slow!(at, number::arithmetic(vm, $operation, left, right))
                    };
                }};
            }
            macro_rules! compare {
                ($left:expr, $right:expr, $operation:expr, $operator:tt) => {{
                    let (left, right): (Value, Value) = ($left, $right);
                    if left.both_fixnums(right) {
                        (left.bits() as i64) $operator (right.bits() as i64)
                    } else if left.is_tagged_flonum() && right.is_tagged_flonum() {
                        left.as_tagged_flonum() $operator right.as_tagged_flonum()
                    } else {
                        try_slow!(at, number::compare(vm, $operation, left, right))
                    }
                }};
            }
            macro_rules! compare_to_slot {
                ($operation:expr, $operator:tt) => {{
                    let truth = compare!(slot!(fp, word::b(w)), slot!(fp, word::c(w)), $operation, $operator);
                    slot!(fp, word::a(w)) = Value::boolean(truth);
                }};
            }
            macro_rules! unless {
                ($operation:expr, $operator:tt) => {{
                    if !compare!(slot!(fp, word::a(w)), slot!(fp, word::b(w)), $operation, $operator) {
                        jump!(word::c_signed(w) as isize);
                    }
                }};
            }
            macro_rules! unless_immediate {
                ($operation:expr, $operator:tt) => {{
                    let constant = Value::fixnum(word::b_signed(w));
                    if !compare!(slot!(fp, word::a(w)), constant, $operation, $operator) {
                        jump!(word::c_signed(w) as isize);
                    }
                }};
            }
            /// Makes room for `$words` words, known to be few or not.
            macro_rules! reserve {
                ($words:expr) => {
                    if !vm.heap.has_room($words) && !vm.open_noted(fp, at, $words) {
                        try_slow!(at, vm.reserve($words));
                    }
                };
            }
            /// Calls what lies below `$count` arguments from slot `$first` on.
            macro_rules! call {
                ($callee:expr, $first:expr, $count:expr) => {{
                    let callee: Value = $callee;
                    let (first, count): (usize, usize) = ($first, $count);
                    if callee.is_object(ObjectTag::Closure) {
                        let code = Code::of(callee);
                        let frame = fp.add(first);
                        if code.arity as usize == count
                            && frame.wrapping_add(code.frame_words as usize) <= limit
                        {
                            *frame.add(count) = Value::from_bits(pc as usize as u64);
                            fp = frame;
                            pc = code.entry;
                            charge!();
                            continue;
                        }
                    }
                    save!(at);
                    vm.call_slow(first, count, pc)?;
                    reload!();
                    charge!();
                }};
            }

            match Op::of(w) {
                Op::Move => slot!(fp, word::a(w)) = slot!(fp, word::b(w)),
                Op::Constant => {
                    slot!(fp, word::a(w)) = Value::from_bits(*pc);
                    pc = pc.add(1);
                }
                Op::Capture => slot!(fp, word::a(w)) = (*fp.sub(1)).field(1 + word::b(w)),
                Op::CurrentClosure => slot!(fp, word::a(w)) = *fp.sub(1),
                Op::Global => {
                    let value = vm.state.globals.get(word::d(w));
                    if value == Value::UNBOUND {
                        save!(at);
                        return Err(vm.unbound(word::d(w)));
                    }
                    slot!(fp, word::a(w)) = value;
                }
                Op::SetGlobal => {
                    if vm.state.globals.get(word::d(w)) == Value::UNBOUND {
                        save!(at);
                        return Err(vm.unbound_target(word::d(w)));
                    }
                    vm.set_global(word::d(w), slot!(fp, word::a(w)));
                }
                Op::DefineGlobal => vm.set_global(word::d(w), slot!(fp, word::a(w))),
                Op::MakeBox => {
                    reserve!(2);
                    let object = vm.heap.alloc(ObjectTag::Box, 1);
                    object.init_field(0, slot!(fp, word::b(w)));
                    slot!(fp, word::a(w)) = object;
                }
                Op::BoxRef => {
                    let object = slot!(fp, word::b(w));
                    assert!(object.is_object(ObjectTag::Box), "BoxRef of what is no box");
                    let value = object.field(0);
                    if value == Value::UNBOUND {
                        save!(at);
                        return Err(vm.unassigned());
                    }
                    slot!(fp, word::a(w)) = value;
                }
                Op::BoxSet => {
                    let object = slot!(fp, word::a(w));
                    assert!(object.is_object(ObjectTag::Box), "BoxSet of what is no box");
                    vm.heap.write(object, 0, slot!(fp, word::b(w)));
                }
                Op::MakeClosure => {
                    let code = *pc;
                    let count = word::d(w) as usize;
                    reserve!(count + 2);
                    let closure = vm.heap.alloc(ObjectTag::Closure, count + 1);
                    closure.init_field(0, Value::from_bits(code));
                    for index in 0..count {
                        closure.init_field(1 + index, slot!(fp, word::a(w) + index));
                    }
                    slot!(fp, word::a(w)) = closure;
                    pc = pc.add(1);
                }
                Op::PatchCapture => {
                    let closure = slot!(fp, word::a(w));
                    let fits = closure.is_object(ObjectTag::Closure)
                        && !closure.header().is_shared()
                        && word::c(w) + 1 < closure.words();
                    assert!(fits, "PatchCapture outside its closure");
                    vm.heap.write(closure, 1 + word::c(w), slot!(fp, word::b(w)));
                }
                Op::Jump => jump!(word::d_signed(w)),
                Op::JumpBack => {
                    jump!(word::d_signed(w));
                    charge!();
                }
                Op::JumpIfFalse => {
                    if !slot!(fp, word::a(w)).is_true() {
                        jump!(word::d_signed(w));
                    }
                }
                Op::JumpIfTrue => {
                    if slot!(fp, word::a(w)).is_true() {
                        jump!(word::d_signed(w));
                    }
                }
                Op::Call => call!(slot!(fp, word::a(w) - 1), word::a(w), word::e(w)),
                Op::CallGlobal => {
                    let callee = vm.state.globals.get(word::d(w));
                    if callee == Value::UNBOUND {
                        save!(at);
                        return Err(vm.unbound(word::d(w)));
                    }
                    let first = word::a(w);
                    slot!(fp, first - 1) = callee;
                    call!(callee, first, word::e(w));
                }
                Op::TailCall => {
                    let (first, count) = (word::a(w), word::e(w));
                    let callee = slot!(fp, first - 1);
                    if callee.is_object(ObjectTag::Closure) {
                        let code = Code::of(callee);
                        if code.arity as usize == count && fp.wrapping_add(code.frame_words as usize) <= limit
                        {
                            let back = slot!(fp, word::d(w) as usize);
                            *fp.sub(1) = callee;
                            for index in 0..count {
                                slot!(fp, index) = slot!(fp, first + index);
                            }
                            slot!(fp, count) = back;
                            pc = code.entry;
                            charge!();
                            continue;
                        }
                    }
                    save!(at);
                    vm.tail_call_slow(first, count)?;
                    reload!();
                    charge!();
                }
                Op::Apply => {
                    save!(at);
                    let count = vm.spread(word::a(w))?;
                    let done = vm.call_slow(word::a(w), count, pc);
                    vm.state.arguments_end = 0;
                    vm.state.applied = Value::NIL;
                    done?;
                    reload!();
                    charge!();
                }
                Op::TailApply => {
                    save!(at);
                    let count = vm.spread(word::a(w))?;
                    let done = vm.tail_call_slow(word::a(w), count);
                    vm.state.arguments_end = 0;
                    vm.state.applied = Value::NIL;
                    done?;
                    reload!();
                    charge!();
                }
                Op::Return => {
                    let value = slot!(fp, word::a(w));
                    pc = slot!(fp, word::b(w)).bits() as usize as *const u64;
                    *fp.sub(1) = value;
                    fp = fp.sub(word::a(*pc.sub(1)));
                }
                Op::ReturnConstant => {
                    let value = Value::from_bits(*pc);
                    pc = slot!(fp, word::b(w)).bits() as usize as *const u64;
                    *fp.sub(1) = value;
                    fp = fp.sub(word::a(*pc.sub(1)));
                }
                Op::Primitive => {
                    save!(at);
                    let first = vm.state.fp + word::a(w);
                    slot!(fp, word::a(w)) = call_primitive(vm, word::d(w), first, word::e(w))
                        .map_err(|trap| trap.raised_in(word::d(w)))?;
                    fuel = vm.state.fuel;
                }
                Op::CaptureContinuation => {
                    save!(at);
                    let continuation = vm.capture()?;
                    vm.state.pc = pc;
                    reload!();
                    slot!(fp, word::a(w)) = continuation;
                }
                Op::ResumeContinuation => {
                    save!(at);
                    vm.resume(slot!(fp, word::a(w)), slot!(fp, word::b(w)))?;
                    reload!();
                    charge!();
                }
                Op::DynamicState => slot!(fp, word::a(w)) = vm.state.dynamic,
                Op::SetDynamicState => {
                    vm.state.dynamic = slot!(fp, word::a(w));
                    if vm.state.confinement.is_some() {
                        save!(pc);
                        vm.confine_anew();
                        fuel = vm.state.fuel;
                    }
                }
                Op::Cons => {
                    reserve!(3);
                    slot!(fp, word::a(w)) = vm.heap.cons(slot!(fp, word::b(w)), slot!(fp, word::c(w)));
                }
                Op::Car => {
                    let pair = slot!(fp, word::b(w));
                    if !pair.is_pair() {
                        save!(at);
                        return Err(Trap::wrong_type("car", 0, "a pair", pair));
                    }
                    slot!(fp, word::a(w)) = pair.car();
                }
                Op::Cdr => {
                    let pair = slot!(fp, word::b(w));
                    if !pair.is_pair() {
                        save!(at);
                        return Err(Trap::wrong_type("cdr", 0, "a pair", pair));
                    }
                    slot!(fp, word::a(w)) = pair.cdr();
                }
                Op::SetCar => try_slow!(at, vm.set_pair(slot!(fp, word::a(w)), 0, slot!(fp, word::b(w)))),
                Op::SetCdr => try_slow!(at, vm.set_pair(slot!(fp, word::a(w)), 1, slot!(fp, word::b(w)))),
                Op::IsNull => slot!(fp, word::a(w)) = Value::boolean(slot!(fp, word::b(w)) == Value::NIL),
                Op::IsPair => slot!(fp, word::a(w)) = Value::boolean(slot!(fp, word::b(w)).is_pair()),
                Op::Not => slot!(fp, word::a(w)) = Value::boolean(!slot!(fp, word::b(w)).is_true()),
                Op::Eq => {
                    slot!(fp, word::a(w)) =
                        Value::boolean(is_eq(slot!(fp, word::b(w)), slot!(fp, word::c(w))));
                }
                Op::VectorRef => {
                    let (vector, index) = (slot!(fp, word::b(w)), slot!(fp, word::c(w)));
                    if !vector.is_object(ObjectTag::Vector)
                        || !index.is_fixnum()
                        || index.as_fixnum() as u64 >= vector.words() as u64
                    {
                        save!(at);
                        return Err(vector_error("vector-ref", vector, index));
                    }
                    slot!(fp, word::a(w)) = vector.field(index.as_fixnum() as usize);
                }
                Op::VectorSet => {
                    let (vector, index) = (slot!(fp, word::a(w)), slot!(fp, word::b(w)));
                    if !vector.is_object(ObjectTag::Vector)
                        || vector.header().is_literal()
                        || !index.is_fixnum()
                        || index.as_fixnum() as u64 >= vector.words() as u64
                    {
                        save!(at);
                        return Err(vector_error("vector-set!", vector, index));
                    }
                    vm.heap.write(vector, index.as_fixnum() as usize, slot!(fp, word::c(w)));
                }
                Op::StringRef => {
                    let (string, index) = (slot!(fp, word::b(w)), slot!(fp, word::c(w)));
                    if !string.is_object(ObjectTag::String)
                        || !index.is_fixnum()
                        || index.as_fixnum() as u64 >= string.string_length() as u64
                    {
                        save!(at);
                        return Err(string_error(string, index));
                    }
                    let unit = string.string_unit(index.as_fixnum() as usize);
                    slot!(fp, word::a(w)) = Value::character(char::from_u32_unchecked(unit));
                }
                Op::Add => arithmetic!(
                    Arithmetic::Add,
                    |x, y| x.checked_add(y).map(|sum| Value::from_bits(sum as u64)),
                    |x, y| x + y
                ),
                Op::Subtract => arithmetic!(
                    Arithmetic::Subtract,
                    |x, y| x.checked_sub(y).map(|difference| Value::from_bits(difference as u64)),
                    |x, y| x - y
                ),
                Op::Multiply => arithmetic!(Arithmetic::Multiply, |x, y| multiply_small(x, y), |x, y| x * y),
                Op::Divide => arithmetic!(Arithmetic::Divide, |x, y| divide_small(x, y), |x, y| x / y),
                Op::Quotient => division!(Arithmetic::Quotient, |x, y| x / y),
                Op::Remainder => division!(Arithmetic::Remainder, |x, y| x % y),
                Op::Modulo => division!(Arithmetic::Modulo, |x, y| x.rem_euclid(y)),
                Op::AddImmediate => {
                    let left = slot!(fp, word::b(w));
                    let sum = (left.bits() as i64).checked_add(word::c_signed(w) << 3);
                    slot!(fp, word::a(w)) = match sum {
                        Some(sum) if left.is_fixnum() => Value::from_bits(sum as u64),
                        _ => {
                            let right = Value::fixnum(word::c_signed(w));
                            try_slow!(at, number::arithmetic(vm, Arithmetic::Add, left, right))
                        }
                    };
                }
                Op::SubtractImmediate => {
                    let left = slot!(fp, word::b(w));
                    let difference = (left.bits() as i64).checked_sub(word::c_signed(w) << 3);
                    slot!(fp, word::a(w)) = match difference {
                        Some(difference) if left.is_fixnum() => Value::from_bits(difference as u64),
                        _ => {
                            let right = Value::fixnum(word::c_signed(w));
                            try_slow!(at, number::arithmetic(vm, Arithmetic::Subtract, left, right))
                        }
                    };
                }
                Op::NumberEqual => compare_to_slot!(Comparison::Equal, ==),
                Op::Less => compare_to_slot!(Comparison::Less, <),
                Op::Greater => compare_to_slot!(Comparison::Greater, >),
                Op::LessOrEqual => compare_to_slot!(Comparison::LessOrEqual, <=),
                Op::GreaterOrEqual => compare_to_slot!(Comparison::GreaterOrEqual, >=),
                Op::UnlessNumberEqual => unless!(Comparison::Equal, ==),
                Op::UnlessLess => unless!(Comparison::Less, <),
                Op::UnlessGreater => unless!(Comparison::Greater, >),
                Op::UnlessLessOrEqual => unless!(Comparison::LessOrEqual, <=),
                Op::UnlessGreaterOrEqual => unless!(Comparison::GreaterOrEqual, >=),
                Op::UnlessNumberEqualImmediate => unless_immediate!(Comparison::Equal, ==),
                Op::UnlessLessImmediate => unless_immediate!(Comparison::Less, <),
                Op::UnlessGreaterImmediate => unless_immediate!(Comparison::Greater, >),
                Op::UnlessLessOrEqualImmediate => unless_immediate!(Comparison::LessOrEqual, <=),
                Op::UnlessGreaterOrEqualImmediate => unless_immediate!(Comparison::GreaterOrEqual, >=),
                Op::UnlessNull => {
                    if slot!(fp, word::a(w)) != Value::NIL {
                        jump!(word::d_signed(w));
                    }
                }
                Op::UnlessPair => {
                    if !slot!(fp, word::a(w)).is_pair() {
                        jump!(word::d_signed(w));
                    }
                }
                Op::UnlessEq => {
                    if !is_eq(slot!(fp, word::a(w)), slot!(fp, word::b(w))) {
                        jump!(word::c_signed(w) as isize);
                    }
                }
                Op::UnlessEqConstant => {
                    let constant = Value::from_bits(*pc);
                    pc = pc.add(1);
                    if !is_eq(slot!(fp, word::a(w)), constant) {
                        jump!(word::d_signed(w));
                    }
                }
                Op::Yield => {
                    fuel -= 1;
                    save!(pc);
                    return Ok(Outcome::Yielded);
                }
                Op::Send => {
                    save!(at);
                    fuel -= send(vm, slot!(fp, word::a(w)), slot!(fp, word::b(w)))?;
                    charge!();
                }
                Op::ReceiveAny => {
                    save!(at);
                    let message = vm.receive_any()?;
                    slot!(fp, word::a(w)) = message;
                    charge!();
                }
                Op::MailboxBegin => {
                    save!(at);
                    vm.mailbox_begin(slot!(fp, word::a(w)))?;
                    charge!();
                }
                Op::MailboxPeek => {
                    save!(at);
                    match vm.mailbox_peek()? {
                        Some(message) => slot!(fp, word::a(w)) = message,
                        None => {
                            jump!(word::d_signed(w));
                            if word::e(w) != 0 {
                                charge!();
                            }
                        }
                    }
                }
                Op::MailboxTake => {
                    if vm.is_watched() {
                        save!(at);
                        vm.event(EventKind::Receive)?;
                    }
                    vm.mailbox_take();
                }
                Op::MailboxNext => {
                    vm.state.mailbox.cursor += 1;
                    jump!(word::d_signed(w));
                    if word::e(w) != 0 {
                        charge!();
                    }
                }
                Op::MailboxWait => {
                    save!(at);
                    if vm.mailbox_wait()? {
                        jump!(word::d_signed(w));
                        if word::e(w) != 0 {
                            charge!();
                        }
                    }
                }
                Op::Break => {
                    save!(at);
                    return Ok(Outcome::Stopped(StopReason::Breakpoint));
                }
                Op::Halt => {
                    save!(at);
                    return Ok(Outcome::Finished(slot!(fp, word::a(w))));
                }
                Op::Underflow => {
                    vm.state.fuel = fuel;
                    vm.underflow();
                    reload!();
                }
                Op::SignalReturned => {
                    // The library's handler of last resort ends the actor; there is nothing to go on with.
                    save!(at);
                    return Err(Trap::Exit {
                        reason: *fp.add(vm.state.running_code().frame_words as usize),
                        failed: true,
                    });
                }
            }
        }
    }
}
