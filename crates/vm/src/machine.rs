//! One actor's machine: heap, stack, registers, mailbox; and [`Vm`], the machine during a slice.
//!
//! 1. Every word of the stack below its high end is a value that the last collection updated or cleared, or that was
//!    written since. So all of it may be shown to the collector.
//! 2. `fp` is the index of slot 0 of the running frame; the slot below holds its closure, whose code says how many
//!    words the frame has. All of them lie inside the stack.
//! 3. `pc` points into the code of the running closure while the machine rests, at the instruction to execute next.

use std::collections::VecDeque;
use std::sync::Arc;

use arena::{Heap, HeapSettings, ObjectTag, Roots, Value, Visitor, init_string, string_words};

use crate::code::Code;
use crate::confinement::Confinement;
use crate::context::Particulars;
use crate::debug::Watched;
use crate::error::{ErrorKind, Trap};
use crate::host::Host;
use crate::interruption::Interrupted;
use crate::library::Library;
use crate::mailbox::{Mailbox, SoftLimit};
use crate::spawn::{GlobalTable, SpawnRequest};
use crate::stack::{STACK_WORDS_MAX, Under};

/// Words of a new actor's stack.
pub(crate) const STACK_WORDS_MIN: usize = 16;

/// What one actor may use, and where its memory comes from.
#[derive(Clone, Debug)]
pub struct MachineSettings {
    /// Heap.
    pub heap: HeapSettings,
    /// See [`Machine::set_soft_limit`].
    pub soft_percent: u8,
    /// Most words of stack, sealed segments included.
    pub stack_words_max: usize,
}

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The fuel is used up; go on with the next slice.
    OutOfFuel,
    /// It gave up its slice.
    Yielded,
    /// It waits for a message or a timeout.
    Waiting,
    /// The thunk has returned this value.
    Finished(Value),
    /// It ended with this reason; `failed` as in [`Trap::Exit`].
    Exited {
        /// The reason.
        reason: Value,
        /// A crash.
        failed: bool,
    },
    /// The debugger wants to look.
    Stopped(crate::debug::StopReason),
}

/// The globals of one actor.
#[derive(Debug)]
pub(crate) enum Globals {
    /// As it was spawned.
    Shared(GlobalTable),
    /// Defined or changed since.
    Private(Vec<Value>),
}

impl Globals {
    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Value {
        let values = match self {
            Globals::Shared(table) => &table.0[..],
            Globals::Private(values) => values,
        };
        values.get(slot as usize).copied().unwrap_or(Value::UNBOUND)
    }

    pub(crate) fn values(&self) -> &[Value] {
        match self {
            Globals::Shared(table) => &table.0,
            Globals::Private(values) => values,
        }
    }

    pub(crate) fn set(&mut self, slot: u32, value: Value) {
        if let Globals::Shared(table) = self {
            *self = Globals::Private(table.0.to_vec());
        }
        let Globals::Private(values) = self else { unreachable!("made private above") };
        if values.len() <= slot as usize {
            values.resize(slot as usize + 1, Value::UNBOUND);
        }
        values[slot as usize] = value;
    }
}

/// The registers and everything else that the heap's collector has to know.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) stack: Vec<Value>,
    pub(crate) fp: usize,
    pub(crate) pc: *const u64,
    pub(crate) under: Under,
    pub(crate) dynamic: Value,
    pub(crate) globals: Globals,
    /// Goes up when a global changes.
    pub(crate) globals_version: u64,
    pub(crate) mailbox: Mailbox,
    /// Values that native code holds across a reservation.
    pub(crate) temporaries: Vec<Value>,
    /// What the actor began with, a list; see [`crate::capability`].
    pub(crate) capabilities: Value,
    /// The list that an `apply` has spread over the arguments of the running primitive.
    pub(crate) applied: Value,
    /// Progress of long arithmetic that was stopped, or [`Value::UNBOUND`].
    pub(crate) arithmetic: Value,
    /// While arguments are being spread or collected: index one past the last one, else 0.
    pub(crate) arguments_end: usize,
    /// Reductions up to the beginning of this slice.
    pub(crate) reductions: u64,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Fuel at the beginning of this slice, and when the registers were saved last.
    pub(crate) slice_fuel: i64,
    pub(crate) fuel: i64,
    /// When it is told that its heap is nearly full.
    pub(crate) soft_limit: SoftLimit,
    /// The message of an error for which there was no room.
    pub(crate) last_error: Option<Box<str>>,
    /// Words of stack beyond the limit, for handling a full stack.
    pub(crate) stack_slack: usize,
    /// What the actor was doing before a question interrupted it.
    pub(crate) interrupted: Option<Box<Interrupted>>,
    /// Sandboxes and revoked capabilities, once there were some.
    pub(crate) confinement: Option<Box<Confinement>>,
    /// What a debugger waits for.
    pub(crate) watched: Option<Box<Watched>>,
    /// Results of [`crate::spawn::reachable_globals`] that can be used again.
    pub(crate) spawn_cache: Option<(*const Code, u64, GlobalTable)>,
}

impl State {
    /// Sets the registers to call `thunk` with nothing below. The stack is long enough and holds nothing.
    pub(crate) fn boot(&mut self, library: &Library, thunk: Value) {
        // The boot code calls slot 1, with its arguments from slot 2 on.
        self.stack[0] = library.boot_closure;
        self.stack[2] = thunk;
        self.fp = 1;
        self.pc = library.boot_code().entry;
        self.under = Under::none();
        self.dynamic = Value::NIL;
    }

    /// The logical clock, when the registers were saved last.
    pub(crate) fn reductions_now(&self) -> u64 {
        self.reductions.wrapping_add_signed(self.slice_fuel - self.fuel)
    }

    pub(crate) fn running_code(&self) -> &Code {
        Code::of(self.stack[self.fp - 1])
    }

    /// Words of the stack that calls may fill without more ado; beyond, frames are sealed.
    pub(crate) fn plain_stack_words(&self) -> usize {
        self.stack.len().min(STACK_WORDS_MAX)
    }

    /// Index one past the words of the running frame.
    pub(crate) fn frame_end(&self) -> usize {
        (self.fp + self.running_code().frame_words as usize).max(self.arguments_end).min(self.stack.len())
    }
}

impl State {
    /// The word of the running frame that says where an error was: a frame that runs has none, only what others have left
    /// there.
    pub(crate) fn leftover_word(&self) -> Option<usize> {
        let last = self.fp + self.running_code().frame_words as usize - 1;
        (self.arguments_end == 0 && last < self.frame_end()).then_some(last)
    }
}

impl Roots for State {
    fn visit(&mut self, visitor: &mut Visitor) {
        let end = self.frame_end();
        if let Some(leftover) = self.leftover_word() {
            self.stack[leftover] = Value::ZERO;
        }
        visitor.values(&mut self.stack[..end]);
        self.stack[end..].fill(Value::ZERO);
        visitor.value(&mut self.under.segment);
        visitor.value(&mut self.dynamic);
        if let Globals::Private(values) = &mut self.globals {
            visitor.values(values);
        }
        visitor.values(&mut self.temporaries);
        visitor.value(&mut self.capabilities);
        visitor.value(&mut self.applied);
        visitor.value(&mut self.arithmetic);
        if let Some(interrupted) = &mut self.interrupted {
            interrupted.visit(visitor);
        }
        self.mailbox.visit(visitor);
    }

    fn site(&self) -> u32 {
        self.site_of_program()
    }

    #[inline(always)]
    fn site_at_hand(&self) -> Option<u32> {
        self.site_of_running()
    }
}

/// One actor's machine at rest.
#[derive(Debug)]
pub struct Machine {
    pub(crate) heap: Heap,
    pub(crate) state: State,
    pub(crate) stack_words_max: usize,
}

// SAFETY: a machine owns its heap; code and shared objects that it points to are immutable and outlive it (world keeps
// them until all machines are gone). One thread at a time uses it.
unsafe impl Send for Machine {}

impl Machine {
    /// A machine that will run `start`, made by `spawn` or by a world for its main actor.
    ///
    /// # Errors
    /// [`Trap`] when its heap cannot hold what it starts with.
    pub fn new(
        library: &Library,
        settings: MachineSettings,
        start: &SpawnRequest,
    ) -> Result<Machine, arena::HeapError> {
        let mut stack = vec![Value::ZERO; STACK_WORDS_MIN];
        stack[0] = library.boot_closure;
        let mut machine = Machine {
            heap: Heap::new(settings.heap),
            stack_words_max: settings.stack_words_max,
            state: State {
                stack,
                fp: 1,
                pc: library.boot_code().entry,
                under: Under::none(),
                dynamic: Value::NIL,
                globals: Globals::Shared(start.globals.clone()),
                globals_version: 0,
                mailbox: Mailbox::default(),
                temporaries: Vec::new(),
                capabilities: library.everyday_capabilities,
                applied: Value::NIL,
                arithmetic: Value::UNBOUND,
                arguments_end: 0,
                reductions: 0,
                sent: 0,
                slice_fuel: 0,
                fuel: 0,
                soft_limit: SoftLimit::new(settings.soft_percent),
                last_error: None,
                stack_slack: 0,
                interrupted: None,
                confinement: None,
                watched: None,
                spawn_cache: None,
            },
        };
        if let Some(given) = &start.capabilities {
            machine.state.capabilities = given.copy_in(&mut machine.heap, &mut machine.state)?;
        }
        let value = start.start.copy_in(&mut machine.heap, &mut machine.state)?;
        let thunk = if start.private_slots.is_empty() {
            value
        } else {
            for (index, slot) in start.private_slots.iter().enumerate() {
                machine.state.globals.set(*slot, value.field(index + 1));
            }
            value.field(0)
        };
        machine.state.boot(library, thunk);
        Ok(machine)
    }

    /// Reductions so far: the actor's logical clock.
    pub fn reductions(&self) -> u64 {
        self.state.reductions
    }

    /// Sets the logical clock back, after something that is not to count.
    pub fn set_reductions(&mut self, reductions: u64) {
        self.state.reductions = reductions;
    }

    /// The heap, for looking.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The heap, for changing how it is collected.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// From now on the actor gets a message when a collection of its whole heap has left more than `percent` of the limit in
    /// use: once, and again only after a collection that left less. 0 is never.
    pub fn set_soft_limit(&mut self, percent: u8) {
        self.state.soft_limit = SoftLimit::new(percent);
    }

    /// The collection records since the last call.
    pub fn take_collections(&mut self) -> Vec<arena::Collection> {
        self.heap.take_collections().collect()
    }

    /// What was wrong, if the machine has ended because there was no room for a condition that says so.
    pub fn take_last_error(&mut self) -> Option<Box<str>> {
        self.state.last_error.take()
    }

    /// There are collection records to take.
    pub fn has_collections(&self) -> bool {
        self.heap.has_records()
    }

    /// Collects now.
    pub fn collect(&mut self, major: bool) -> usize {
        self.heap.collect(major, &mut self.state)
    }

    /// One step of the collector: see [`Heap::collector_step`].
    pub fn collector_step(&mut self, whole_phase: bool) -> Option<arena::CollectorStep> {
        self.heap.collector_step(whole_phase, &mut self.state)
    }

    /// Puts what a drain at a slice's end has brought into the mailbox.
    pub fn deliver(&mut self, arrived: &mut VecDeque<crate::host::Delivery>) {
        self.state.mailbox.take_in(arrived);
    }

    /// After the thunk has returned: runs another closure in the same heap with the same globals.
    pub fn restart(&mut self, library: &Library, thunk: Value) {
        let state = &mut self.state;
        state.stack.fill(Value::ZERO);
        state.boot(library, thunk);
        state.mailbox.cursor = 0;
    }

    /// Gives globals that have no value yet their initial ones, by slot.
    pub fn add_globals(&mut self, initial: &[Value]) {
        for (slot, value) in initial.iter().enumerate() {
            if *value != Value::UNBOUND && self.state.globals.get(slot as u32) == Value::UNBOUND {
                self.state.globals.set(slot as u32, *value);
            }
        }
    }

    /// What an actor needs that is to run `thunk` (a shared closure) with a copy of this actor's globals.
    ///
    /// # Errors
    /// [`arena::MessageError`] when a global cannot be sent.
    pub fn fork_request(&self, thunk: Value) -> Result<SpawnRequest, arena::MessageError> {
        crate::spawn::fork_request(self.state.globals.values(), thunk)
    }

    /// Identities of the actors that it can name: in what its roots reach, and in messages that wait.
    ///
    /// # Errors
    /// [`arena::TooManyObjects`] beyond 2^32 - 2 objects.
    pub fn each_actor_known(&self, mut visit: impl FnMut(u128)) -> Result<(), arena::TooManyObjects> {
        let identity = |words: &[u64]| u128::from(words[1]) << 64 | u128::from(words[0]);
        for waiting in self.state.mailbox.iter() {
            waiting.each_message(|message| {
                message.each_object(|tag, words| {
                    if tag == ObjectTag::ActorReference {
                        visit(identity(words));
                    }
                });
            });
        }
        self.heap.each_reachable(&self.root_values(), |object| {
            if object.is_object(ObjectTag::ActorReference) {
                visit(identity(object.raw_words(0)));
            }
        })
    }

    /// Messages that were drained and not taken yet.
    pub fn mailbox(&self) -> &Mailbox {
        &self.state.mailbox
    }
}

/// A machine while it runs a slice.
pub struct Vm<'a> {
    pub(crate) heap: &'a mut Heap,
    pub(crate) state: &'a mut State,
    pub(crate) stack_words_max: usize,
    /// Builtins and what comes with them.
    pub(crate) library: &'a Library,
    /// The world.
    pub host: &'a mut dyn Host,
}

/// The arguments of a primitive's call: slots of the running frame. They are roots, and stay where they are.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub(crate) base: usize,
    /// How many.
    pub count: usize,
}

/// A native procedure.
pub type PrimitiveFunction = fn(&mut Vm<'_>, Call) -> Result<Value, Trap>;

/// Its entry in the table of primitives.
#[derive(Clone, Copy)]
pub struct PrimitiveEntry {
    /// Name in programs.
    pub name: &'static str,
    /// Fewest arguments.
    pub min: u8,
    /// Most arguments, or `None` for any number.
    pub max: Option<u8>,
    /// The code.
    pub function: PrimitiveFunction,
}

impl Vm<'_> {
    /// Argument `index`, from 0. Read it again after anything that reserves.
    #[inline(always)]
    pub fn argument(&self, call: Call, index: usize) -> Value {
        debug_assert!(index < call.count);
        self.state.stack[call.base + index]
    }

    /// Argument `index` if it was given.
    #[inline]
    pub fn optional(&self, call: Call, index: usize) -> Option<Value> {
        if index < call.count { Some(self.argument(call, index)) } else { None }
    }

    /// Replaces an argument: the progress of a resumable primitive.
    #[inline]
    pub fn set_argument(&mut self, call: Call, index: usize, value: Value) {
        debug_assert!(index < call.count);
        self.state.stack[call.base + index] = value;
    }

    /// Makes room for `words` words of objects, headers included; may collect.
    ///
    /// # Errors
    /// A heap limit.
    #[inline]
    pub fn reserve(&mut self, words: usize) -> Result<(), Trap> {
        self.heap.reserve(words, self.state).map_err(Trap::from)
    }

    /// Makes room for one object of `words` payload words.
    ///
    /// # Errors
    /// A heap limit.
    #[inline]
    pub fn reserve_object(&mut self, words: usize) -> Result<(), Trap> {
        self.heap.reserve_object(words, self.state).map_err(Trap::from)
    }

    /// Makes an object in reserved room.
    #[inline]
    pub fn alloc(&mut self, tag: ObjectTag, words: usize) -> Value {
        self.heap.alloc(tag, words)
    }

    /// Makes a pair in reserved room (3 words).
    #[inline]
    pub fn cons(&mut self, car: Value, cdr: Value) -> Value {
        self.heap.cons(car, cdr)
    }

    /// Stores into an object through the write barrier.
    #[inline]
    pub fn write_field(&mut self, object: Value, index: usize, value: Value) {
        self.heap.write(object, index, value);
    }

    /// Makes a string; reserves. Hold no other unrooted values.
    ///
    /// # Errors
    /// A heap limit.
    pub fn make_string(&mut self, text: &str) -> Result<Value, Trap> {
        let length = text.chars().count();
        let words = string_words(length);
        self.reserve_object(words)?;
        let string = self.alloc(ObjectTag::String, words);
        init_string(string, length, text.chars());
        Ok(string)
    }

    /// A symbol: the program's own if it has one of that name, else a private one. Reserves.
    ///
    /// # Errors
    /// A heap limit.
    pub fn make_symbol(&mut self, text: &str) -> Result<Value, Trap> {
        if let Some(symbol) = self.library.symbol(text) {
            return Ok(symbol);
        }
        let words = arena::symbol_words(text);
        self.reserve_object(words)?;
        let symbol = self.alloc(ObjectTag::Symbol, words);
        arena::init_symbol(symbol, text);
        Ok(symbol)
    }

    /// A float: tagged, or boxed with a reservation.
    ///
    /// # Errors
    /// A heap limit.
    #[inline]
    pub fn make_flonum(&mut self, number: f64) -> Result<Value, Trap> {
        match Value::try_flonum(number) {
            Some(value) => Ok(value),
            None => {
                self.reserve(2)?;
                let flonum = self.alloc(ObjectTag::Flonum, 1);
                // NaNs show one bit pattern only.
                let number = if number.is_nan() { f64::NAN } else { number };
                flonum.set_raw(0, number.to_bits());
                Ok(flonum)
            }
        }
    }

    /// Keeps `value` as a root until [`Vm::unroot`].
    #[inline]
    pub fn root(&mut self, value: Value) -> usize {
        self.state.temporaries.push(value);
        self.state.temporaries.len() - 1
    }

    /// A kept value, where it is now.
    #[inline]
    pub fn rooted(&self, index: usize) -> Value {
        self.state.temporaries[index]
    }

    /// Replaces a kept value.
    #[inline]
    pub fn set_rooted(&mut self, index: usize, value: Value) {
        self.state.temporaries[index] = value;
    }

    /// Lets go of kept values down to `index`, that one included. The machine lets go of all when a primitive returns.
    #[inline]
    pub fn unroot(&mut self, index: usize) {
        self.state.temporaries.truncate(index);
    }

    /// The object's identity number, for hashing.
    pub fn identity(&mut self, object: Value) -> u64 {
        self.heap.identity(object)
    }

    /// The dynamic state: the list of handlers, winds and parameters.
    pub fn dynamic_state(&self) -> Value {
        self.state.dynamic
    }

    /// The actor's heap, for statistics.
    pub fn heap_statistics(&self) -> (&Heap, u64) {
        (self.heap, self.state.reductions)
    }

    /// The mailbox, for `receive` and for statistics.
    pub fn mailbox_length(&self) -> usize {
        self.state.mailbox.len()
    }

    /// Drains the inbox into the mailbox.
    ///
    /// # Errors
    /// [`Trap::Wait`] when what came ends the actor: it does nothing more.
    pub(crate) fn drain(&mut self) -> Result<(), Trap> {
        let mut arrived = std::mem::take(&mut self.state.mailbox.arrivals);
        let goes_on = self.host.drain(self.reductions(), &mut arrived);
        self.state.mailbox.take_in(&mut arrived);
        self.state.mailbox.arrivals = arrived;
        if goes_on && !self.host.is_behind() { Ok(()) } else { Err(Trap::Wait) }
    }

    /// Reductions so far: the actor's logical clock.
    pub fn reductions(&self) -> u64 {
        self.state.reductions_now()
    }

    /// The globals' values by slot, for `spawn`.
    pub(crate) fn global(&self, slot: u32) -> Value {
        self.state.globals.get(slot)
    }

    /// An arity error for a primitive.
    #[cold]
    pub(crate) fn wrong_count(entry: &PrimitiveEntry, given: usize) -> Trap {
        let wanted = match entry.max {
            Some(max) if max == entry.min => format!("{max}"),
            Some(max) => format!("{} to {max}", entry.min),
            None => format!("at least {}", entry.min),
        };
        let plural = if wanted == "1" { "" } else { "s" };
        let expected = format!("{wanted} argument{plural}");
        let message = format!("{}: expected {expected}, got {given}", entry.name);
        Trap::error(ErrorKind::Arity, message, &[]).with(Particulars {
            operation: Some(entry.name.into()),
            expected: Some(expected.into()),
            given: Some(given),
            ..Particulars::default()
        })
    }
}

/// Shared handle of a table, for callers that build spawn requests.
pub fn shared_globals(values: Vec<Value>) -> GlobalTable {
    GlobalTable(Arc::from(values))
}
