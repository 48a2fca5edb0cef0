//! Sandboxes: what holds while an actor runs a part of its work under limits of its own.
//!
//! 1. A sandbox is an entry of the dynamic state, `#(sandbox deadline words handled limit)`: the logical time at which its
//!    reductions are used up, the heap's limit in it, both also those of the sandboxes around it, or `#f`; the dynamic state
//!    in which its own `sandbox-limit` is raised; and how many reductions it was given. So whatever changes the dynamic state
//!    enters and leaves sandboxes, and continuations know theirs.
//! 2. An actor that has never entered one has no [`Confinement`], and pays for a look at that when a slice begins and when
//!    the dynamic state changes.
//! 3. A deadline ends the slice: what is beyond it is withheld from the slice's fuel, and given back when the slice ends or
//!    the dynamic state changes. Where that happens follows from reductions alone.

use arena::{ObjectTag, Value};

use crate::capability::{Entries, entries};
use crate::error::{ErrorKind, ErrorReport, Trap};
use crate::machine::Vm;

/// Fields of a sandbox's entry.
pub(crate) const SANDBOX_WORDS: usize = 5;
pub(crate) const DEADLINE: usize = 1;
pub(crate) const HEAP_WORDS: usize = 2;
pub(crate) const HANDLED: usize = 3;
pub(crate) const LIMIT: usize = 4;

/// What an actor that uses sandboxes, or has revoked a capability, knows about that.
#[derive(Debug)]
pub(crate) struct Confinement {
    /// Identities of capabilities that it has revoked.
    pub(crate) revoked: Vec<u128>,
    /// The heap's limit outside of sandboxes.
    pub(crate) heap_words: usize,
    /// Fuel that is kept from the running slice.
    withheld: i64,
}

impl Vm<'_> {
    /// What is known about sandboxes, from now on.
    pub(crate) fn confinement(&mut self) -> &mut Confinement {
        let heap_words = self.heap.words_max() - self.heap.slack_words();
        self.state
            .confinement
            .get_or_insert_with(|| Box::new(Confinement { revoked: Vec::new(), heap_words, withheld: 0 }))
    }

    /// The parts of the dynamic state that begin with a sandbox.
    pub(crate) fn sandboxes(&self) -> Entries {
        entries(self.state.dynamic, "sandbox", SANDBOX_WORDS)
    }

    /// The innermost of them.
    pub(crate) fn sandbox(&self) -> Option<Value> {
        self.sandboxes().next()
    }

    /// Gives back what is withheld.
    #[inline]
    pub(crate) fn unconfine(&mut self) {
        if let Some(confinement) = &mut self.state.confinement {
            let withheld = std::mem::take(&mut confinement.withheld);
            self.state.fuel += withheld;
            self.state.slice_fuel += withheld;
        }
    }

    /// Puts the limits of the innermost sandbox into force, after the dynamic state has changed.
    #[cold]
    #[optimize(size)]
    pub(crate) fn confine_anew(&mut self) {
        let steps = self.apply_limits();
        self.charge_steps(steps);
    }

    /// The same at a moment that is no part of the run, and costs nothing. Answers how many entries were looked at.
    #[optimize(size)]
    fn apply_limits(&mut self) -> usize {
        self.unconfine();
        let mut sandboxes = self.sandboxes();
        let entry = sandboxes.next().map(Value::car);
        let number = |index: usize| entry.and_then(|entry| entry.field(index).to_fixnum());
        let rest = number(DEADLINE).map(|deadline| deadline.saturating_sub_unsigned(self.reductions()));
        let words = number(HEAP_WORDS).map(|words| words.max(0) as usize);
        let heap_words = self.confinement().heap_words;
        self.heap.set_words_max(words.map_or(heap_words, |words| words.min(heap_words)));
        if let Some(withheld) =
            rest.map(|rest| self.state.fuel - rest.max(0)).filter(|withheld| *withheld > 0)
        {
            self.state.fuel -= withheld;
            self.state.slice_fuel -= withheld;
            self.confinement().withheld = withheld;
        }
        sandboxes.steps
    }

    /// Begins a slice. If the reductions of a sandbox are used up, the actor is out of the outermost such one, and the answer
    /// is what to raise there.
    #[cold]
    #[optimize(size)]
    pub(crate) fn confine(&mut self) -> Option<ErrorReport> {
        let now = self.reductions();
        let is_exhausted = |found: &Value| {
            let deadline = found.car().field(DEADLINE).to_fixnum();
            deadline.is_some_and(|deadline| deadline <= now as i64)
        };
        let exhausted = self.sandboxes().filter(is_exhausted).last();
        if let Some(found) = exhausted {
            self.state.dynamic = found.car().field(HANDLED);
            // Whoever goes back to it is no longer its handler's business.
            self.heap.write(found.car(), HANDLED, found.cdr());
        }
        self.apply_limits();
        let limit = exhausted?.car().field(LIMIT);
        let text =
            format!("a sandbox has used up its reductions ({})", limit.to_fixnum().unwrap_or_default());
        self.host.violated(&text);
        match Trap::error(ErrorKind::SandboxLimit, "the reductions of the sandbox are used up:", &[limit]) {
            Trap::Error(report) => Some(*report),
            _ => None,
        }
    }

    /// A new entry for a sandbox that may use so much more than is used now. Reserves.
    #[optimize(size)]
    pub(crate) fn enter_sandbox(&mut self, reductions: Option<u64>, words: Option<u64>) -> Result<(), Trap> {
        let tag = self.make_symbol("sandbox")?;
        self.confinement();
        self.reserve(SANDBOX_WORDS + 1 + 3)?;
        let around = self.sandbox().map(Value::car);
        let lesser = |index: usize, start: u64, more: Option<u64>| {
            let own = more.map(|more| start.saturating_add(more).min(Value::FIXNUM_MAX as u64) as i64);
            let outer = around.and_then(|entry| entry.field(index).to_fixnum());
            let least = own.into_iter().chain(outer).min();
            least.map_or(Value::FALSE, Value::fixnum)
        };
        let deadline = lesser(DEADLINE, self.reductions(), reductions);
        let heap_words = lesser(HEAP_WORDS, self.heap.used_words() as u64, words);
        let limit = reductions
            .map_or(Value::FALSE, |limit| Value::fixnum(limit.min(Value::FIXNUM_MAX as u64) as i64));
        let entry = self.alloc(ObjectTag::Vector, SANDBOX_WORDS);
        let fields = [tag, deadline, heap_words, self.state.dynamic, limit];
        fields.into_iter().enumerate().for_each(|(index, value)| entry.init_field(index, value));
        self.state.dynamic = self.cons(entry, self.state.dynamic);
        self.confine_anew();
        Ok(())
    }
}
