//! The debugger of one actor: where it stops, steps, watchpoints; and looking at frames and values.
//!
//! 1. The dispatch loop calls [`Debugger::before`] in front of every instruction while a step or a watch is under way
//!    ([`Debugger::needs_hooks`]), and never otherwise: breakpoints are in the code itself ([`Breakpoints`]), and events are
//!    noticed by the instructions that cause them. Actors that no breakpoint concerns pay nothing.
//! 2. A stop leaves the machine in front of an instruction; the next slice begins with it and does not stop there again.

mod breakpoints;
mod frames;
mod values;
mod watches;

use std::sync::Arc;

use arena::Value;
use bytecode::CodeOffset;

pub use self::breakpoints::{At, Bound, Breakpoints, EventKind};
pub use self::frames::{FrameView, VariableView};
pub(crate) use self::frames::{Home, HomePlace};
pub use self::values::{Children, Part, children, children_count, type_name};
pub use self::watches::WatchNews;
use self::watches::Watches;
use crate::code::Code;
use crate::error::Trap;
use crate::instruction::Op;
use crate::machine::{Machine, State, Vm};

/// Why a machine stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It came to an armed instruction: [`Debugger::breakpoints_here`].
    Breakpoint,
    /// It is about to do this.
    Event(EventKind),
    /// A step is complete.
    Step,
    /// A watchpoint has news: [`Debugger::take_news`].
    Watch,
    /// A line begins, and somebody wants to know.
    Line,
    /// What was under way for the debugger is over; it runs on without hooks.
    Passed,
}

/// How far to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// One instruction.
    Instruction,
    /// To another source line, or into a call.
    Into,
    /// To another source line in this frame or a caller's.
    Over,
    /// Until this frame has returned.
    Out,
    /// Until it is about to take a message.
    Message,
}

#[derive(Clone, Debug)]
struct Step {
    kind: StepKind,
    line: (u16, u32),
    depth: usize,
    code: *const Code,
}

/// A place in a program: unit, procedure, offset in its bytecode.
pub type Site = (u32, u32, CodeOffset);

/// What one actor's machine does for a debugger. See the module.
#[derive(Debug, Default)]
pub struct Debugger {
    breakpoints: Arc<Breakpoints>,
    step: Option<Step>,
    watches: Watches,
    news: Option<WatchNews>,
    /// Do not stop in front of the very first instruction.
    leaving: bool,
    /// Stop at every line.
    tells_lines: bool,
    /// Where the program was before this instruction.
    before: Option<Site>,
    line: (u16, u32),
    /// Collections when it was looked last.
    collections: u64,
}

// SAFETY: code pointers are compared, never followed.
unsafe impl Send for Debugger {}

/// What the machine itself knows of its debugger.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Events that somebody waits for.
    events: u16,
    /// The instruction that is not to stop again for its event, and the reductions when it did: it may be executed several
    /// times until it is done, if it waits.
    pass: (*const u64, u64),
    /// Nothing stops: somebody evaluates something meanwhile.
    pub(crate) is_muted: bool,
}

impl Debugger {
    /// A debugger for these breakpoints.
    pub fn new(breakpoints: Arc<Breakpoints>) -> Debugger {
        Debugger { breakpoints, ..Debugger::default() }
    }

    /// Other breakpoints from now on.
    pub fn set_breakpoints(&mut self, breakpoints: Arc<Breakpoints>) {
        self.breakpoints = breakpoints;
    }

    /// It has to see every instruction.
    pub(crate) fn needs_hooks(&self) -> bool {
        self.leaving
            || self.step.is_some()
            || self.tells_lines
            || !self.watches.is_empty()
            || self.breakpoints.events() & EventKind::Collection.bit() != 0
    }

    /// Begins a step of `machine` from where it stands.
    #[optimize(size)]
    pub fn begin_step(&mut self, machine: &Machine, kind: StepKind) {
        let state = &machine.state;
        let code = state.running_code();
        let line = code.line_at(code.offset_at(state.pc, false));
        self.step = Some(Step { kind, line, depth: depth(state), code: &raw const *code });
        self.leaving = true;
    }

    /// The actor stopped and goes on later: steps are over, and the next slice begins where the stop was.
    pub fn stop(&mut self) {
        self.step = None;
        self.leaving = true;
    }

    /// The next slice begins where a stop was.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Sets what [`Debugger::is_leaving`] says.
    pub fn set_leaving(&mut self, leaving: bool) {
        self.leaving = leaving;
    }

    /// Whether to stop at every line ([`StopReason::Line`]).
    pub fn set_tells_lines(&mut self, tells: bool) {
        self.tells_lines = tells;
    }

    /// The breakpoints at the instruction that `machine` stands at.
    pub fn breakpoints_here(&self, machine: &Machine) -> &[u32] {
        self.breakpoints.at(machine.state.pc)
    }

    /// Where the program was before the instruction at which it stopped: who made a change, for one.
    pub fn site_before(&self) -> Option<Site> {
        self.before
    }

    /// Watches the variable of this name in a frame, or else the global variable in slot `global`. `false` if there is neither.
    #[optimize(size)]
    pub fn watch_variable(
        &mut self,
        machine: &mut Machine,
        frame: Option<(&FrameView, &str)>,
        global: Option<u32>,
        id: u32,
    ) -> bool {
        let variable = frame.and_then(|(view, name)| view.variable(name));
        match (variable, global) {
            (Some(variable), _) => self.watches.watch_home(machine, id, variable.home),
            (None, Some(slot)) => self.watches.watch_global(machine, id, slot),
            (None, None) => return false,
        }
        true
    }

    /// Watches a field of an object.
    pub fn watch_field(&mut self, machine: &mut Machine, holder: Value, field: usize, id: u32) {
        self.watches.watch_field(machine, id, holder, field);
    }

    /// What a watchpoint saw last.
    pub fn take_news(&mut self) -> Option<WatchNews> {
        self.news.take()
    }

    /// Removes a watch. `false` if there is none of that id.
    pub fn unwatch(&mut self, machine: &mut Machine, id: u32) -> bool {
        self.watches.remove(&mut machine.heap, id)
    }

    /// The instruction word at `pc` as the program has it.
    #[inline]
    pub(crate) fn word(&self, pc: *const u64) -> u64 {
        self.breakpoints.word(pc)
    }

    #[optimize(size)]
    pub(crate) fn before(&mut self, vm: &mut Vm<'_>) -> Option<StopReason> {
        if vm.state.fp == 0 {
            // Between a return and the frame that comes back from the heap.
            return None;
        }
        let code = vm.state.running_code();
        if code.internal {
            self.leaving = false;
            return None;
        }
        let is_program = code.unit != 0;
        let offset = code.offset_at(vm.state.pc, false);
        let (unit, procedure) = (code.unit, code.procedure);
        let line = code.line_at(offset);
        let address = &raw const *code;
        if std::mem::take(&mut self.leaving) {
            self.collections = vm.heap.collections();
        } else {
            if !self.needs_hooks() {
                return Some(StopReason::Passed);
            }
            if let Some(news) = self.watches.look(vm.heap, vm.state) {
                self.news = Some(news);
                return Some(StopReason::Watch);
            }
            let collections = vm.heap.collections();
            if collections != std::mem::replace(&mut self.collections, collections)
                && self.breakpoints.events() & EventKind::Collection.bit() != 0
            {
                return Some(StopReason::Event(EventKind::Collection));
            }
            if is_program {
                // SAFETY: the machine stands at an instruction.
                if unsafe { *vm.state.pc } as u8 == Op::Break as u8 {
                    return Some(StopReason::Breakpoint);
                }
                if self.is_step_done(vm, line, address) {
                    self.step = None;
                    return Some(StopReason::Step);
                }
                if self.tells_lines && line != (0, 0) && line != self.line {
                    self.line = line;
                    return Some(StopReason::Line);
                }
            }
        }
        if is_program {
            self.before = Some((unit, procedure, offset));
            self.line = line;
        }
        None
    }

    fn is_step_done(&self, vm: &Vm<'_>, line: (u16, u32), code: *const Code) -> bool {
        let Some(step) = &self.step else { return false };
        let depth = depth(vm.state);
        let moved = line != step.line || code != step.code || depth != step.depth;
        match step.kind {
            StepKind::Instruction => true,
            StepKind::Into => moved && line != (0, 0),
            StepKind::Over => depth < step.depth || (depth == step.depth && moved && line != (0, 0)),
            StepKind::Out => depth < step.depth,
            StepKind::Message => matches!(Op::of(self.word(vm.state.pc)), Op::MailboxTake),
        }
    }
}

/// Words of stack below the running frame, sealed ones included.
fn depth(state: &State) -> usize {
    state.under.depth_words() + state.fp - 1
}

impl Vm<'_> {
    /// An instruction is about to do something that somebody may wait for. Its registers are saved.
    ///
    /// # Errors
    /// The trap that stops in front of it.
    #[inline]
    pub(crate) fn event(&mut self, kind: EventKind) -> Result<(), Trap> {
        if self.state.watched.is_some() { self.watched_event(kind) } else { Ok(()) }
    }

    /// Somebody waits for events of this actor.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.state.watched.is_some()
    }

    #[cold]
    #[inline(never)]
    fn watched_event(&mut self, kind: EventKind) -> Result<(), Trap> {
        let (pc, now) = (self.state.pc, self.state.reductions_now());
        let Some(watched) = &mut self.state.watched else { return Ok(()) };
        if watched.events & kind.bit() == 0 || watched.is_muted {
            return Ok(());
        }
        if watched.pass == (pc, now) {
            return Ok(());
        }
        self.gather_arguments();
        Err(Trap::Look(kind))
    }

    /// An `apply` that has spread its list over the arguments finds it again when it is executed once more.
    #[cold]
    pub(crate) fn gather_arguments(&mut self) {
        if self.state.arguments_end != 0 {
            // SAFETY: the machine stands at an instruction.
            let base = self.state.fp + crate::instruction::a(unsafe { *self.state.pc });
            self.state.stack[base] = self.state.applied;
        }
    }
}

impl Machine {
    /// The events to stop for from now on: [`Breakpoints::events`].
    pub fn watch_events(&mut self, events: u16) {
        // One that it stands in front of is passed, whatever has changed about others.
        let pass = self.state.watched.as_ref().map_or((std::ptr::null(), 0), |watched| watched.pass);
        self.state.watched = (events != 0).then(|| Box::new(Watched { events, pass, is_muted: false }));
    }

    /// The event that the machine stands in front of does not stop it again.
    pub fn pass_event(&mut self) {
        let pass = (self.state.pc, self.state.reductions_now());
        if let Some(watched) = &mut self.state.watched {
            watched.pass = pass;
        }
    }

    /// Events do not stop it, while `mute`.
    pub fn mute_events(&mut self, mute: bool) {
        if let Some(watched) = &mut self.state.watched {
            watched.is_muted = mute;
        }
    }
}
