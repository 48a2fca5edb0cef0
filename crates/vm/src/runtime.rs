//! What the dispatch loop calls when an instruction needs more than a few lines: calls that are not plain, continuations,
//! errors, messages.
//!
//! 1. These run with the machine's registers saved (interpreter's invariant 1) and leave them saved.

use arena::{Message, ObjectTag, Value};

use crate::code::{Code, REST};
use crate::context::{CONTEXT_FIELD, Particulars};
use crate::debug::EventKind;
use crate::equality;
use crate::error::{ErrorKind, ErrorReport, Trap};
use crate::host::ActorName;
use crate::instruction as word;
use crate::machine::{Call, Vm};
use crate::mailbox::Held;
use crate::primitives;
use crate::print;
use crate::stack::{STACK_WORDS_MAX, Under};

/// Words of one message.
const MESSAGE_WORDS_MAX: usize = 1 << 24;
/// A message costs one more reduction for so many words.
const WORDS_PER_REDUCTION: usize = 32;
/// Heap words beyond the limit that let a handler deal with a full heap.
const SLACK_WORDS: usize = 1 << 12;
/// Stack words beyond the limit that let a handler deal with a full stack.
const STACK_SLACK_WORDS: usize = 1 << 17;
/// Most arguments of one call.
const ARGUMENTS_MAX: usize = 1 << 18;
/// Fields of a continuation: what is under it, then the dynamic state.
const CONTINUATION_WORDS: usize = 4;

/// `eq?`: identity, and `eqv?` for what has no identity of its own.
#[inline(always)]
pub(crate) fn is_eq(left: Value, right: Value) -> bool {
    left == right || (left.is_reference() && right.is_reference() && equality::eqv(left, right))
}

/// Product of two fixnum words when it surely fits.
#[inline(always)]
pub(crate) fn multiply_small(left: i64, right: i64) -> Option<Value> {
    const HALF: i64 = 1 << 29;
    let (left, right) = (left >> 3, right >> 3);
    let small = ((left + HALF) as u64 | (right + HALF) as u64) < (HALF * 2) as u64;
    small.then(|| Value::fixnum(left * right))
}

/// Quotient of two fixnum words when it is exact.
#[inline(always)]
pub(crate) fn divide_small(left: i64, right: i64) -> Option<Value> {
    let (left, right) = (left >> 3, right >> 3);
    (right > 0 && left % right == 0).then(|| Value::fixnum(left / right))
}

#[cold]
#[inline(never)]
pub(crate) fn vector_error(operation: &str, vector: Value, index: Value) -> Trap {
    if !vector.is_object(ObjectTag::Vector) {
        return Trap::wrong_type(operation, 1, "a vector", vector);
    }
    if operation == "vector-set!" && vector.header().is_literal() {
        return literal_error(operation, vector);
    }
    if !index.is_fixnum() {
        return Trap::wrong_type(operation, 2, "an index", index);
    }
    Trap::out_of_range(operation, index, vector.words(), false).about_operand(2)
}

#[cold]
#[inline(never)]
pub(crate) fn string_error(string: Value, index: Value) -> Trap {
    if !string.is_object(ObjectTag::String) {
        return Trap::wrong_type("string-ref", 1, "a string", string);
    }
    if !index.is_fixnum() {
        return Trap::wrong_type("string-ref", 2, "an index", index);
    }
    Trap::out_of_range("string-ref", index, string.string_length(), false).about_operand(2)
}

#[cold]
fn literal_error(operation: &str, object: Value) -> Trap {
    Trap::error(
        ErrorKind::Literal,
        format!("{operation}: a literal must not be changed; copy it first:"),
        &[object],
    )
}

/// The actor that a reference names.
pub(crate) fn actor_name(reference: Value) -> ActorName {
    let (low, high, place) = (reference.raw(0), reference.raw(1), reference.raw(2));
    ActorName {
        id: u128::from(high) << 64 | u128::from(low),
        slot: place as u32,
        generation: (place >> 32) as u32,
    }
}

/// Payload words of a reference to `actor`.
pub(crate) fn actor_words(actor: ActorName) -> [u64; 3] {
    [actor.id as u64, (actor.id >> 64) as u64, u64::from(actor.slot) | u64::from(actor.generation) << 32]
}

/// Sends `message`; answers the reductions it costs beyond the one of the call.
pub(crate) fn send(vm: &mut Vm<'_>, to: Value, message: Value) -> Result<i64, Trap> {
    if !to.is_object(ObjectTag::ActorReference) {
        return Err(Trap::wrong_type("send", 1, "an actor", to));
    }
    vm.event(EventKind::Send)?;
    let flat = Message::copy_out(message, MESSAGE_WORDS_MAX)?;
    let cost = (flat.heap_words() / WORDS_PER_REDUCTION) as i64;
    vm.host
        .send(actor_name(to), flat)
        .map_err(|error| Trap::error(ErrorKind::MailboxLimit, format!("send: {error}; to"), &[to]))?;
    vm.state.sent += 1;
    Ok(cost)
}

impl Vm<'_> {
    /// Calls the value below `count` arguments from slot `first` on, whatever it is. A closure is entered; of a primitive,
    /// the value stands in its place, and execution goes on at `back`.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_slow(&mut self, first: usize, count: usize, back: *const u64) -> Result<(), Trap> {
        let first = self.state.fp + first;
        let callee = self.state.stack[first - 1];
        match callee.object_tag() {
            Some(ObjectTag::Closure) => {
                let count = self.arrange_arguments(first, count, callee)?;
                // Collecting a rest list may have moved it.
                let callee = self.state.stack[first - 1];
                self.enter(first, count, callee, back);
                self.seal_when_long(count)
            }
            Some(ObjectTag::Primitive) => {
                let index = callee.raw(0) as u32;
                let raised = |trap: Trap| trap.raised_in(index);
                let value = call_primitive(self, index, first, count).map_err(raised)?;
                self.state.stack[first - 1] = value;
                self.state.pc = back;
                Ok(())
            }
            _ => Err(not_a_procedure(callee)),
        }
    }

    /// As [`Vm::call_slow`], in place of the running frame.
    #[cold]
    #[inline(never)]
    pub(crate) fn tail_call_slow(&mut self, first: usize, count: usize) -> Result<(), Trap> {
        let first = self.state.fp + first;
        let callee = self.state.stack[first - 1];
        match callee.object_tag() {
            Some(ObjectTag::Closure) => {
                let count = self.arrange_arguments(first, count, callee)?;
                let callee = self.state.stack[first - 1];
                let fp = self.state.fp;
                let back = self.state.stack[fp + self.state.running_code().parameters as usize];
                self.state.stack.copy_within(first - 1..first + count, fp - 1);
                self.enter(fp, count, callee, back.bits() as usize as *const u64);
                Ok(())
            }
            Some(ObjectTag::Primitive) => {
                let index = callee.raw(0) as u32;
                let raised = |trap: Trap| trap.raised_in(index);
                let value = call_primitive(self, index, first, count).map_err(raised)?;
                self.give_back(value);
                Ok(())
            }
            _ => Err(not_a_procedure(callee)),
        }
    }

    /// Returns `value` from the running frame.
    fn give_back(&mut self, value: Value) {
        let state = &mut *self.state;
        let back =
            state.stack[state.fp + state.running_code().parameters as usize].bits() as usize as *const u64;
        state.stack[state.fp - 1] = value;
        // SAFETY: the word before a return address is that of its call (instruction's invariant 2).
        state.fp -= word::a(unsafe { *back.sub(1) });
        state.pc = back;
    }

    /// Makes the arguments from `first` on fit the callee: collects a rest list. Answers how many there are then.
    fn arrange_arguments(&mut self, first: usize, count: usize, callee: Value) -> Result<usize, Trap> {
        let code = Code::of(callee);
        let required = (code.arity & !REST) as usize;
        self.make_stack_room(first + count.max(code.frame_words as usize) + 2);
        if code.arity & REST == 0 {
            return if count == required { Ok(count) } else { Err(wrong_count(code, count)) };
        }
        if count < required {
            return Err(wrong_count(code, count));
        }
        self.state.arguments_end = first + count;
        let reserved = self.reserve(3 * (count - required));
        self.state.arguments_end = 0;
        reserved?;
        let mut rest = Value::NIL;
        for index in (required..count).rev() {
            let argument = self.state.stack[first + index];
            rest = self.cons(argument, rest);
        }
        self.state.stack[first + required] = rest;
        Ok(required + 1)
    }

    fn enter(&mut self, first: usize, count: usize, callee: Value, back: *const u64) {
        let code = Code::of(callee);
        self.make_stack_room(first + code.frame_words as usize + 2);
        self.state.stack[first + count] = Value::from_bits(back as usize as u64);
        self.state.fp = first;
        self.state.pc = code.entry;
    }

    /// A frame that has just been entered so far up seals what is below it.
    fn seal_when_long(&mut self, count: usize) -> Result<(), Trap> {
        if self.state.fp > STACK_WORDS_MAX { self.seal(count + 1) } else { Ok(()) }
    }

    /// Spreads the list in slot `first` over the slots from there on. Answers its length.
    pub(crate) fn spread(&mut self, first: usize) -> Result<usize, Trap> {
        let first = self.state.fp + first;
        let list = self.state.stack[first];
        let mut rest = list;
        let mut count = 0;
        while rest.is_pair() {
            self.make_stack_room(first + count + 1);
            self.state.stack[first + count] = rest.car();
            rest = rest.cdr();
            count += 1;
            if count > ARGUMENTS_MAX {
                self.state.stack[first] = list;
                let message = format!("apply: more than {ARGUMENTS_MAX} arguments");
                return Err(Trap::error(ErrorKind::Range, message, &[]));
            }
        }
        if rest != Value::NIL {
            self.state.stack[first] = list;
            return Err(Trap::wrong_type("apply", 0, "a proper list", list).about_operand(0));
        }
        self.state.arguments_end = first + count;
        self.state.applied = list;
        Ok(count)
    }

    /// The continuation of the running frame's call.
    pub(crate) fn capture(&mut self) -> Result<Value, Trap> {
        let words = self.state.running_code().frame_words as usize;
        self.seal(words)?;
        self.reserve(CONTINUATION_WORDS + 1)?;
        let continuation = self.alloc(ObjectTag::Continuation, CONTINUATION_WORDS);
        self.state.under.write(continuation, 0);
        continuation.init_field(3, self.state.dynamic);
        Ok(continuation)
    }

    /// Goes on from `continuation` with `value`.
    pub(crate) fn resume(&mut self, continuation: Value, value: Value) -> Result<(), Trap> {
        if !continuation.is_object(ObjectTag::Continuation) {
            return Err(Trap::wrong_type("continuation", 0, "a continuation", continuation));
        }
        self.state.under = Under::read(continuation, 0);
        self.state.dynamic = continuation.field(3);
        if self.state.confinement.is_some() {
            self.confine_anew();
        }
        self.state.stack[0] = value;
        self.underflow();
        Ok(())
    }

    #[cold]
    pub(crate) fn unbound(&self, slot: u32) -> Trap {
        let code = self.state.running_code();
        let name = code.globals.iter().find(|(known, _)| *known == slot).map(|(_, name)| *name);
        Trap::error(ErrorKind::Unbound, "unbound variable:", name.as_slice())
    }

    #[cold]
    pub(crate) fn unbound_target(&self, slot: u32) -> Trap {
        let code = self.state.running_code();
        let name = code.globals.iter().find(|(known, _)| *known == slot).map(|(_, name)| *name);
        Trap::error(
            ErrorKind::Unbound,
            "set!: there is no variable to assign, define it first:",
            name.as_slice(),
        )
    }

    #[cold]
    pub(crate) fn unassigned(&self) -> Trap {
        Trap::error(ErrorKind::Unbound, "a variable is used before its definition has been evaluated", &[])
    }

    pub(crate) fn set_global(&mut self, slot: u32, value: Value) {
        self.state.globals.set(slot, value);
        self.state.globals_version += 1;
    }

    pub(crate) fn set_pair(&mut self, pair: Value, field: usize, value: Value) -> Result<(), Trap> {
        let operation = if field == 0 { "set-car!" } else { "set-cdr!" };
        if !pair.is_pair() {
            return Err(Trap::wrong_type(operation, 1, "a pair", pair));
        }
        if pair.header().is_literal() {
            return Err(literal_error(operation, pair));
        }
        self.heap.write(pair, field, value);
        Ok(())
    }

    /// Turns a report into a condition and calls the library's `%signal` with it. An error is the reason to end with
    /// when there is no memory left for that.
    pub(crate) fn raise(&mut self, report: ErrorReport) -> Result<(), Value> {
        match report.kind {
            ErrorKind::HeapLimit | ErrorKind::CollectorOff | ErrorKind::StackLimit => {
                let limit = self.heap.words_max();
                // A heap that is not collected has no part of a nursery left.
                let over =
                    if self.heap.is_enabled() { 0 } else { self.heap.used_words().saturating_sub(limit) };
                self.heap.grant_slack(SLACK_WORDS + over);
                if self.heap.words_max() == limit {
                    // Whoever has handled this before has not made room: not even what is left of the nursery is for them.
                    self.heap.close_nursery();
                }
            }
            ErrorKind::WorldLimit => self.heap.grant_world_slack(SLACK_WORDS),
            _ => {}
        }
        if matches!(report.kind, ErrorKind::StackLimit) && self.state.stack_slack == 0 {
            self.state.stack_slack = STACK_SLACK_WORDS;
        }
        let kind = self.library.symbol(report.kind.symbol()).unwrap_or(Value::FALSE);
        let Ok(condition) = self.make_condition(kind, &report) else {
            self.state.last_error = Some(report.message.into_boxed_str());
            return Err(kind);
        };
        let fp = self.state.fp;
        let code = self.state.running_code();
        let end = fp + code.frame_words as usize;
        let signal = self.library.signal;
        let back = code.signal_return();
        self.make_stack_room(end + 2 + Code::of(signal).frame_words as usize + 2);
        self.state.stack[end - 1] = Value::from_bits(self.state.pc as usize as u64);
        self.state.stack[end] = signal;
        self.state.stack[end + 1] = condition;
        self.enter(end + 1, 1, signal, back);
        self.seal_when_long(1).map_err(|_| kind)
    }

    fn make_condition(&mut self, kind: Value, report: &ErrorReport) -> Result<Value, Trap> {
        let first = self.state.temporaries.len();
        for irritant in &report.irritants {
            self.root(*irritant);
        }
        let message = self.make_string(&report.message)?;
        let message = self.root(message);
        let context = self.make_context(report, (!report.irritants.is_empty()).then_some(first))?;
        let context = self.root(context);
        self.reserve(3 * report.irritants.len() + 5)?;
        let mut irritants = Value::NIL;
        for index in (0..report.irritants.len()).rev() {
            let irritant = self.rooted(first + index);
            irritants = self.cons(irritant, irritants);
        }
        let condition = self.alloc(ObjectTag::ErrorObject, 4);
        condition.init_field(0, kind);
        condition.init_field(1, self.rooted(message));
        condition.init_field(2, irritants);
        condition.init_field(CONTEXT_FIELD, self.rooted(context));
        self.unroot(first);
        Ok(condition)
    }

    /// Takes the oldest message, or waits.
    pub(crate) fn receive_any(&mut self) -> Result<Value, Trap> {
        self.note_heap();
        if self.state.mailbox.is_empty() && !self.drain_messages()? {
            return Err(Trap::Wait);
        }
        let message = self.open_message(0)?;
        self.remove_message(0);
        Ok(message)
    }

    /// A receive begins: is there something to say about the heap?
    #[inline]
    fn note_heap(&mut self) {
        if self.state.soft_limit.is_set() {
            self.state.mailbox.note_heap(&mut self.state.soft_limit, self.heap);
        }
    }

    /// Drains; answers whether messages (not only a timeout) came.
    fn drain_messages(&mut self) -> Result<bool, Trap> {
        let before = self.state.mailbox.len();
        self.drain()?;
        Ok(self.state.mailbox.len() > before)
    }

    /// The message at `index` as a value of this heap. One that does not fit is dropped with a condition.
    fn open_message(&mut self, index: usize) -> Result<Value, Trap> {
        let held = std::mem::replace(
            &mut self.state.mailbox.waiting[index].content,
            Held::Value(Value::UNSPECIFIED),
        );
        let opened = match held {
            Held::Value(value) => Ok(value),
            Held::Flat(message) => message.copy_in(self.heap, self.state).map_err(Trap::from),
            Held::Exit { from, reason } => self.exit_message(from, &reason),
            Held::Down { monitor, from, reason } => self.down_message(monitor, from, &reason),
            Held::SoftLimit { used_words, limit_words } => self.heap_message(used_words, limit_words),
        };
        match opened {
            Ok(value) => {
                self.state.mailbox.waiting[index].content = Held::Value(value);
                Ok(value)
            }
            Err(trap) => {
                self.remove_message(index);
                Err(trap)
            }
        }
    }

    fn remove_message(&mut self, index: usize) {
        let removed = self.state.mailbox.remove(index);
        if let Some(counted_bytes) = removed.and_then(|waiting| waiting.counted_bytes) {
            self.host.consumed(counted_bytes);
        }
    }

    fn exit_message(&mut self, from: ActorName, reason: &Message) -> Result<Value, Trap> {
        let value = reason.copy_in(self.heap, self.state)?;
        let rooted = self.root(value);
        self.reserve(3 * 3 + 4)?;
        let actor = self.alloc_actor(from);
        let tail = self.rooted(rooted);
        self.unroot(rooted);
        let list = self.cons(tail, Value::NIL);
        let list = self.cons(actor, list);
        let name = self.library.symbol("exit").unwrap_or(Value::FALSE);
        Ok(self.cons(name, list))
    }

    fn down_message(&mut self, monitor: u128, from: ActorName, reason: &Message) -> Result<Value, Trap> {
        let value = reason.copy_in(self.heap, self.state)?;
        let rooted = self.root(value);
        self.reserve(4 * 3 + 4 + 3)?;
        let actor = self.alloc_actor(from);
        let reference = self.alloc(ObjectTag::MonitorReference, 2);
        reference.set_raw(0, monitor as u64);
        reference.set_raw(1, (monitor >> 64) as u64);
        let tail = self.rooted(rooted);
        self.unroot(rooted);
        let list = self.cons(tail, Value::NIL);
        let list = self.cons(actor, list);
        let list = self.cons(reference, list);
        let name = self.library.symbol("down").unwrap_or(Value::FALSE);
        Ok(self.cons(name, list))
    }

    /// `(heap-soft-limit used limit)`, in bytes.
    fn heap_message(&mut self, used_words: u64, limit_words: u64) -> Result<Value, Trap> {
        self.reserve(3 * 3)?;
        let list = self.cons(Value::fixnum(8 * limit_words as i64), Value::NIL);
        let list = self.cons(Value::fixnum(8 * used_words as i64), list);
        let name = self.library.symbol("heap-soft-limit").unwrap_or(Value::FALSE);
        Ok(self.cons(name, list))
    }

    /// Makes a reference to an actor in reserved room (4 words).
    pub(crate) fn alloc_actor(&mut self, actor: ActorName) -> Value {
        let reference = self.alloc(ObjectTag::ActorReference, 3);
        for (index, word) in actor_words(actor).into_iter().enumerate() {
            reference.set_raw(index, word);
        }
        reference
    }

    /// Begins a selective receive; `timeout` is `#f` or milliseconds.
    pub(crate) fn mailbox_begin(&mut self, timeout: Value) -> Result<(), Trap> {
        let ms = if timeout == Value::FALSE {
            None
        } else {
            let ms = crate::number::to_f64(timeout).ok_or_else(|| {
                Trap::wrong_type("receive", 0, "milliseconds after `after`", timeout).about_operand(0)
            })?;
            Some(if ms > 0.0 { ms } else { 0.0 })
        };
        self.disarm();
        self.note_heap();
        let mailbox = &mut self.state.mailbox;
        mailbox.cursor = 0;
        mailbox.timed_out = ms == Some(0.0);
        if let Some(ms) = ms.filter(|ms| *ms > 0.0) {
            let token = mailbox.next_token;
            mailbox.next_token += 1;
            mailbox.armed = Some(token);
            self.host.arm_timeout(ms, token);
        }
        Ok(())
    }

    fn disarm(&mut self) {
        if let Some(token) = self.state.mailbox.armed.take() {
            self.host.disarm_timeout(token);
        }
        self.state.mailbox.timed_out = false;
    }

    /// The message at the cursor, if there is one.
    pub(crate) fn mailbox_peek(&mut self) -> Result<Option<Value>, Trap> {
        let cursor = self.state.mailbox.cursor;
        if cursor < self.state.mailbox.len() { self.open_message(cursor).map(Some) } else { Ok(None) }
    }

    /// Removes the message at the cursor; the receive is over.
    pub(crate) fn mailbox_take(&mut self) {
        self.remove_message(self.state.mailbox.cursor);
        self.state.mailbox.cursor = 0;
        self.disarm();
    }

    /// Looks for more messages: `true` when there are, `false` on timeout.
    pub(crate) fn mailbox_wait(&mut self) -> Result<bool, Trap> {
        // What came at the end of a slice lies in the mailbox already.
        if self.state.mailbox.cursor < self.state.mailbox.len() {
            return Ok(true);
        }
        if self.drain_messages()? {
            return Ok(true);
        }
        if self.state.mailbox.timed_out {
            self.state.mailbox.cursor = 0;
            self.disarm();
            return Ok(false);
        }
        Err(Trap::Wait)
    }
}

#[cold]
fn not_a_procedure(callee: Value) -> Trap {
    Trap::wrong_type("call", 0, "a procedure", callee).about_operand(0)
}

#[cold]
fn wrong_count(code: &Code, given: usize) -> Trap {
    let required = code.arity & !REST;
    let line = code.lines.first().map_or(0, |(_, _, line)| *line);
    let name = match &*code.name {
        "" if code.unit == 0 || line == 0 => "this procedure".to_string(),
        "" => format!("the procedure in line {line}"),
        name => name.to_string(),
    };
    let at_least = if code.arity & REST == 0 { "" } else { "at least " };
    let plural = if required == 1 { "" } else { "s" };
    let expected = format!("{at_least}{required} argument{plural}");
    let message = format!("{name}: expected {expected}, got {given}");
    Trap::error(ErrorKind::Arity, message, &[]).with(Particulars {
        operation: Some(name.into()),
        expected: Some(expected.into()),
        given: Some(given),
        ..Particulars::default()
    })
}

/// Calls primitive `index` after checking the number of arguments.
pub(crate) fn call_primitive(vm: &mut Vm<'_>, index: u32, first: usize, count: usize) -> Result<Value, Trap> {
    let entry = &primitives::table()[index as usize];
    if count < entry.min as usize || entry.max.is_some_and(|max| count > max as usize) {
        return Err(Vm::wrong_count(entry, count));
    }
    (entry.function)(vm, Call { base: first, count })
}

/// The text of a value for messages, cut at 200 characters.
pub fn brief(value: Value) -> String {
    print::write_value(value, print::Mode::Write, 200)
}
