//! What a run's debugger knows: breakpoints and their rules, who stands still and why, and what happened.
//!
//! 1. Locks here are held for a few instructions.
//! 2. Everything that is kept is bounded: the oldest goes first.
//! 3. Code is armed while no core runs actors of the run (`Debugging::arm`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{
    ActorNumber, Breakpoint, BreakpointAt, BreakpointRow, DebugEvent, DebugEventKind, DebugState, FrameRow,
    Location, PauseReason, WatchRow,
};
use vm::{At, Bound, Breakpoints, EventKind, Linker};

/// Events kept.
const EVENTS_MAX: usize = 1_000;
/// Stacks kept.
const STATES_MAX: usize = 50;
/// Stops that wait for somebody to look.
const STOPS_MAX: usize = 1_000;
/// Watches of one run.
pub(crate) const WATCHES_MAX: usize = 100;

/// Breakpoints and what is to be done at each.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) armed: Arc<Breakpoints>,
    /// By index of a breakpoint.
    pub(crate) rules: Vec<Breakpoint>,
    bounds: Vec<Bound>,
}

/// An actor that stands still, and makes all others.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Who.
    pub number: u32,
    /// Why.
    pub reason: PauseReason,
}

/// What an actor tells of itself when it notes something.
pub(crate) struct Note {
    pub(crate) actor: u32,
    pub(crate) reductions: u64,
    pub(crate) time_ms: f64,
    pub(crate) kind: DebugEventKind,
    pub(crate) text: String,
    pub(crate) location: Option<Location>,
}

#[derive(Debug, Default)]
struct Noted {
    count: u64,
    fresh: VecDeque<DebugEvent>,
    kept: VecDeque<DebugEvent>,
    states: VecDeque<DebugState>,
    watches: Vec<WatchRow>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Debugging {
    rules: Mutex<Arc<Rules>>,
    version: AtomicU64,
    stops: Mutex<VecDeque<Stop>>,
    noted: Mutex<Noted>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn push_bounded<T>(queue: &mut VecDeque<T>, element: T, limit: usize) {
    if queue.len() == limit {
        queue.pop_front();
    }
    queue.push_back(element);
}

/// What the protocol and the machine call the same event.
const EVENTS: [(BreakpointAt, EventKind); 8] = [
    (BreakpointAt::Send, EventKind::Send),
    (BreakpointAt::Receive, EventKind::Receive),
    (BreakpointAt::Spawn, EventKind::Spawn),
    (BreakpointAt::Exit, EventKind::Exit),
    (BreakpointAt::Raise, EventKind::Raise),
    (BreakpointAt::Uncaught, EventKind::Uncaught),
    (BreakpointAt::Capability, EventKind::Capability),
    (BreakpointAt::Collection, EventKind::Collection),
];

/// The protocol's word for an event.
pub(crate) fn event_of(kind: EventKind) -> &'static BreakpointAt {
    let row = EVENTS.iter().find(|(_, known)| *known == kind);
    &row.expect("every event is in the table").0
}

#[optimize(size)]
fn place_of(at: &BreakpointAt) -> At {
    match at {
        BreakpointAt::Line { file, line } => At::Line(file.clone(), *line),
        BreakpointAt::Offset { procedure, offset } => At::Offset(procedure.clone(), *offset),
        BreakpointAt::Procedure(name) => At::Procedure(name.clone()),
        event => {
            let kind = EVENTS.iter().find(|(known, _)| known == event).map(|(_, kind)| *kind);
            At::Event(kind.expect("every event is in the table"))
        }
    }
}

impl Debugging {
    /// Sets breakpoints (invariant 3); those that were there before count on.
    #[optimize(size)]
    pub(crate) fn arm(&self, linker: &Linker, wanted: &[Breakpoint]) {
        let mut rules = locked(&self.rules);
        let places: Vec<At> = wanted.iter().map(|breakpoint| place_of(&breakpoint.at)).collect();
        rules.armed.disarm();
        let (armed, bounds) = Breakpoints::arm(linker.units(), &places);
        let before = rules.armed.hits();
        for (index, breakpoint) in wanted.iter().enumerate() {
            if let Some(known) = rules.rules.iter().position(|known| known.at == breakpoint.at) {
                armed.set_hits(index, before[known]);
            }
        }
        *rules = Arc::new(Rules { armed: Arc::new(armed), rules: wanted.to_vec(), bounds });
        drop(rules);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Changes whenever breakpoints do; 0 as long as there never were any.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        locked(&self.rules).clone()
    }

    /// What became of each breakpoint.
    #[optimize(size)]
    pub fn rows(&self) -> Vec<BreakpointRow> {
        let rules = self.rules();
        let rows = rules.bounds.iter().zip(rules.armed.hits());
        rows.map(|(bound, hits)| BreakpointRow { bound: bound.is_bound, line: bound.line, hits }).collect()
    }

    /// An actor stands still.
    pub(crate) fn push_stop(&self, stop: Stop) {
        push_bounded(&mut locked(&self.stops), stop, STOPS_MAX);
    }

    /// The next actor that made everything stand still.
    pub fn take_stop(&self) -> Option<Stop> {
        locked(&self.stops).pop_front()
    }

    /// Notes something, with the stack, if that is of interest.
    #[optimize(size)]
    pub(crate) fn note(&self, note: Note, frames: Option<Vec<FrameRow>>) {
        let mut noted = locked(&self.noted);
        noted.count += 1;
        let Note { actor, reductions, time_ms, kind, text, location } = note;
        let actor = ActorNumber(actor);
        let event = DebugEvent { number: noted.count, time_ms, actor, reductions, kind, text, location };
        if let Some(frames) = frames {
            let state = DebugState { event: noted.count, actor, frames };
            push_bounded(&mut noted.states, state, STATES_MAX);
        }
        push_bounded(&mut noted.fresh, event.clone(), EVENTS_MAX);
        push_bounded(&mut noted.kept, event, EVENTS_MAX);
    }

    /// What was noted since the last call, in order.
    #[optimize(size)]
    pub fn take_events(&self) -> Vec<DebugEvent> {
        locked(&self.noted).fresh.drain(..).collect()
    }

    /// What is kept: events and stacks.
    #[optimize(size)]
    pub(crate) fn history(&self) -> (Vec<DebugEvent>, Vec<DebugState>) {
        let noted = locked(&self.noted);
        (noted.kept.iter().cloned().collect(), noted.states.iter().cloned().collect())
    }

    /// The watches.
    pub fn watches(&self) -> Vec<WatchRow> {
        locked(&self.noted).watches.clone()
    }

    /// `false` if there are as many as may be.
    #[optimize(size)]
    pub(crate) fn add_watch(&self, row: WatchRow) -> bool {
        let watches = &mut locked(&self.noted).watches;
        watches.retain(|known| known.watch != row.watch);
        let has_room = watches.len() < WATCHES_MAX;
        if has_room {
            watches.push(row);
        }
        has_room
    }

    #[optimize(size)]
    pub(crate) fn remove_watch(&self, watch: u32) -> Option<WatchRow> {
        let watches = &mut locked(&self.noted).watches;
        let index = watches.iter().position(|known| known.watch == watch)?;
        Some(watches.remove(index))
    }

    /// A watch saw a change; answers what it watches.
    #[optimize(size)]
    pub(crate) fn saw(&self, watch: u32, value: Option<String>) -> String {
        let watches = &mut locked(&self.noted).watches;
        let Some(row) = watches.iter_mut().find(|known| known.watch == watch) else { return String::new() };
        row.value = value;
        row.hits += 1;
        row.text.clone()
    }
}
