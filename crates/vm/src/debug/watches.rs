//! Watchpoints of one actor: places whose value is compared in front of every instruction.
//!
//! 1. What a watch refers to is pinned in the heap, and so is the value that it saw last; a collection that moves them is no
//!    change.
//! 2. A variable of a frame is watched as long as the frame is on the stack. While it is sealed nothing can write to it,
//!    unless it is a box, which is watched as an object.
//! 3. A change is told before the instruction after the one that made it.

use arena::{Heap, ObjectTag, RootId, Value};

use super::frames::Home;
use crate::code::Code;
use crate::equality::eqv;
use crate::machine::{Machine, State};

/// What is compared.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// A global variable.
    Global(u32),
    /// A slot of the frame that begins so many words above the stack's bottom and runs this code.
    Slot { depth: usize, slot: usize, code: *const Code },
    /// A field of the pinned object.
    Field { object: RootId, index: usize },
}

/// One watchpoint.
#[derive(Debug)]
pub(super) struct Watch {
    id: u32,
    target: Target,
    seen: RootId,
}

/// What a watchpoint saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchNews {
    /// The watch, by the id that it was given.
    pub id: u32,
    /// The value before, as `write` prints it.
    pub old: String,
    /// The value now; `None` if what was watched is gone, and the watch with it.
    pub new: Option<String>,
}

impl Target {
    /// The value now; `None` once it is gone.
    #[optimize(size)]
    fn read(self, heap: &Heap, state: &State) -> Option<Value> {
        match self {
            Target::Global(slot) => Some(state.globals.get(slot)),
            Target::Slot { depth, slot, code } => {
                let below = state.under.depth_words();
                if super::depth(state) < depth {
                    return None;
                }
                // Sealed: it comes back as it was.
                let Some(fp) = (depth + 1).checked_sub(below).filter(|fp| *fp >= 1) else {
                    return Some(Value::UNBOUND);
                };
                let is_there = state.stack[fp - 1].is_object(ObjectTag::Closure)
                    && std::ptr::eq(Code::of(state.stack[fp - 1]), code);
                is_there.then(|| state.stack[fp + slot])
            }
            Target::Field { object, index } => {
                let object = heap.root(object)?;
                Some(object.field(index))
            }
        }
    }
}

impl Watch {
    fn new(heap: &mut Heap, state: &State, id: u32, target: Target) -> Watch {
        let value = target.read(heap, state).unwrap_or(Value::UNBOUND);
        Watch { id, target, seen: heap.add_root(value, format!("watchpoint {id}")) }
    }

    /// What is new, if anything is.
    #[optimize(size)]
    fn look(&self, heap: &mut Heap, state: &State) -> Option<WatchNews> {
        let seen = heap.root(self.seen)?;
        let now = self.target.read(heap, state);
        match now {
            // A sealed frame's slot.
            Some(Value::UNBOUND) => return None,
            Some(now) if now == seen => return None,
            Some(now) if eqv(now, seen) => {
                heap.set_root(self.seen, now);
                return None;
            }
            Some(now) => heap.set_root(self.seen, now),
            None => {}
        }
        let text = |value: Value| crate::runtime::brief(value);
        let old = if seen == Value::UNBOUND { "(no value)".to_string() } else { text(seen) };
        Some(WatchNews { id: self.id, old, new: now.map(text) })
    }

    fn forget(self, heap: &mut Heap) {
        heap.remove_root(self.seen);
        if let Target::Field { object, .. } = self.target {
            heap.remove_root(object);
        }
    }
}

/// The watchpoints of one actor.
#[derive(Debug, Default)]
pub(super) struct Watches(Vec<Watch>);

impl Watches {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first that has news.
    pub(super) fn look(&mut self, heap: &mut Heap, state: &State) -> Option<WatchNews> {
        let (index, news) =
            self.0.iter().enumerate().find_map(|(index, watch)| Some((index, watch.look(heap, state)?)))?;
        if news.new.is_none() {
            self.0.remove(index).forget(heap);
        }
        Some(news)
    }

    pub(super) fn remove(&mut self, heap: &mut Heap, id: u32) -> bool {
        let found = self.0.iter().position(|watch| watch.id == id);
        if let Some(index) = found {
            self.0.remove(index).forget(heap);
        }
        found.is_some()
    }

    pub(super) fn watch_global(&mut self, machine: &mut Machine, id: u32, slot: u32) {
        self.add(machine, id, Target::Global(slot));
    }

    /// Watches a field of an object.
    pub(super) fn watch_field(&mut self, machine: &mut Machine, id: u32, holder: Value, index: usize) {
        let object = machine.heap.add_root(holder, format!("watchpoint {id}"));
        self.add(machine, id, Target::Field { object, index });
    }

    /// Watches a variable. What it holds is watched where that is a box.
    #[optimize(size)]
    pub(super) fn watch_home(&mut self, machine: &mut Machine, id: u32, home: Home) {
        let held = home.read(&machine.state);
        if home.is_boxed && held.is_object(ObjectTag::Box) {
            return self.watch_field(machine, id, held, 0);
        }
        match home.place {
            super::frames::HomePlace::Stack { index, fp } => {
                let depth = machine.state.under.depth_words() + fp - 1;
                let code = &raw const *Code::of(machine.state.stack[fp - 1]);
                self.add(machine, id, Target::Slot { depth, slot: index - fp, code });
            }
            super::frames::HomePlace::Object { holder, index } => {
                self.watch_field(machine, id, holder, index)
            }
        }
    }

    #[optimize(size)]
    fn add(&mut self, machine: &mut Machine, id: u32, target: Target) {
        let watch = Watch::new(&mut machine.heap, &machine.state, id, target);
        self.0.push(watch);
    }
}
