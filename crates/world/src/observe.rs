//! Snapshots: what the interface asked to see, gathered from published figures and from actors that stand still.

use std::sync::{Arc, Mutex, PoisonError};

use executor::CoreIndex;
use protocol::{
    ActorDetail, ActorNumber, ActorRow, ActorSort, ActorState, ActorWindow, Collection, CoreRow, Observation,
    Priority, RunStatus, Slice, Snapshot, Totals,
};
use scheduler::{ActorView, Address, Inspection, Phase};

use crate::actor::{Epitaph, Performer};
use crate::inspect;
use crate::run::Run;

/// Rows of the actor table in one snapshot.
const ROWS_MAX: u32 = 500;
/// Collections in one snapshot.
const COLLECTIONS_MAX: usize = 500;

/// What was seen of the selected actor, delivered by whoever could look at it.
type Seen = Arc<Mutex<Option<(ActorNumber, ActorDetail)>>>;

/// Gathers snapshots of one run.
#[derive(Default)]
pub struct Observer {
    seen: Seen,
    awaited: Option<ActorNumber>,
    last_ms: f64,
    busy_ms: Vec<f64>,
}

fn priority(band: scheduler::Band) -> Priority {
    match band {
        scheduler::Band::System => Priority::System,
        scheduler::Band::High => Priority::High,
        scheduler::Band::Normal => Priority::Normal,
        scheduler::Band::Low => Priority::Low,
        scheduler::Band::Background => Priority::Background,
    }
}

fn state(phase: Phase, paused: bool) -> ActorState {
    match phase {
        Phase::Waiting => ActorState::Waiting,
        _ if paused => ActorState::Paused,
        Phase::Running => ActorState::Running,
        Phase::Ready => ActorState::Ready,
    }
}

/// A row without its label, which costs more to find out.
#[optimize(size)]
fn bare_row(view: &ActorView<'_, Performer>, paused: bool) -> ActorRow {
    ActorRow {
        actor: ActorNumber(view.number),
        label: String::new(),
        state: state(view.phase, paused),
        mailbox: view.mailbox_messages as u32,
        heap_words: view.gauge.heap_words(),
        reductions: view.reductions,
        priority: priority(view.band),
        line: view.gauge.line(),
    }
}

#[optimize(size)]
fn ended_row(number: u32, epitaph: &Epitaph) -> ActorRow {
    ActorRow {
        actor: ActorNumber(number),
        label: epitaph.label.clone(),
        state: if epitaph.failed { ActorState::Failed } else { ActorState::Done },
        mailbox: 0,
        heap_words: epitaph.heap_words,
        reductions: epitaph.reductions,
        priority: Priority::Normal,
        line: epitaph.line,
    }
}

#[optimize(size)]
fn sort_rows(rows: &mut [(ActorRow, Option<Address>)], window: &ActorWindow) {
    rows.sort_by(|(left, _), (right, _)| {
        let order = match window.sort {
            ActorSort::Number => left.actor.cmp(&right.actor),
            ActorSort::Label => left.label.cmp(&right.label),
            ActorSort::State => left.state.cmp(&right.state),
            ActorSort::Mailbox => left.mailbox.cmp(&right.mailbox),
            ActorSort::Heap => left.heap_words.cmp(&right.heap_words),
            ActorSort::Reductions => left.reductions.cmp(&right.reductions),
            ActorSort::Priority => left.priority.cmp(&right.priority),
        };
        let order = if window.descending { order.reverse() } else { order };
        order.then(left.actor.cmp(&right.actor))
    });
}

impl Observer {
    /// A snapshot of `run` as `observation` asks for.
    #[optimize(size)]
    pub fn snapshot(&mut self, run: &Run, observation: &Observation, status: RunStatus) -> Snapshot {
        let started_ms = (run.stage.clock)();
        let paused = run.scheduler.is_closed();
        let (actors, actors_total) = self.actor_rows(run, observation, paused);
        let selected =
            observation.selected.and_then(|number| self.selected(run, observation, number, paused));
        let (collections, collections_dropped) = collection_rows(run, observation);
        let cores = self.core_rows(run, observation, started_ms);
        let mut snapshot = Snapshot {
            status,
            elapsed_ms: run.scheduler.now_ms(),
            totals: totals(run),
            actors,
            actors_first: observation.actors.map_or(0, |window| window.first),
            actors_total,
            selected,
            cores,
            collections,
            collections_dropped,
            breakpoints: run.stage.debugging.rows(),
        };
        self.last_ms = started_ms;
        snapshot.totals.snapshot_ms = (run.stage.clock)() - started_ms;
        snapshot
    }

    /// A look at the selected actor is under way.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    #[optimize(size)]
    fn actor_rows(&self, run: &Run, observation: &Observation, paused: bool) -> (Vec<ActorRow>, u32) {
        let Some(window) = &observation.actors else { return (Vec::new(), 0) };
        let mut rows: Vec<(ActorRow, Option<Address>)> = Vec::new();
        run.scheduler.for_each_actor(|view| rows.push((bare_row(&view, paused), Some(view.address))));
        rows.extend(
            run.scheduler.ended().iter().map(|ended| (ended_row(ended.number, &ended.epitaph), None)),
        );
        if window.sort == ActorSort::Label {
            rows.iter_mut().for_each(|(row, address)| label_row(run, row, *address));
        }
        sort_rows(&mut rows, window);
        let total = rows.len() as u32;
        let wanted = rows.into_iter().skip(window.first as usize).take(window.count.min(ROWS_MAX) as usize);
        let rows = wanted
            .map(|(mut row, address)| {
                label_row(run, &mut row, address);
                row
            })
            .collect();
        (rows, total)
    }

    #[optimize(size)]
    fn selected(
        &mut self,
        run: &Run,
        observation: &Observation,
        number: ActorNumber,
        paused: bool,
    ) -> Option<ActorDetail> {
        let mut found = None;
        run.scheduler.for_each_actor(|view| {
            if view.number == number.0 {
                found = Some((view.address, bare_row(&view, paused)));
            }
        });
        let Some((address, row)) = found else { return ended_detail(run, number) };
        let seen = self.seen.clone();
        let wanted = observation.clone();
        let stage = run.stage.clone();
        // One request at a time: a busy actor answers at the end of its slice.
        if self.awaited != Some(number) || locked(&self.seen).is_some() {
            let inspection = run.scheduler.inspect(address, move |actor| {
                let linker = stage.linker();
                let detail = detail_of(actor, row, &wanted, &linker);
                *locked(&seen) = Some((number, detail));
            });
            self.awaited = (inspection == Inspection::Later).then_some(number);
        }
        match locked(&self.seen).as_ref() {
            Some((of, detail)) if *of == number => Some(detail.clone()),
            _ => None,
        }
    }

    #[optimize(size)]
    fn core_rows(&mut self, run: &Run, observation: &Observation, now_ms: f64) -> Vec<CoreRow> {
        run.scheduler.record_slices(observation.cores);
        if !observation.cores {
            return Vec::new();
        }
        let cores = run.scheduler.cores();
        self.busy_ms.resize(cores, 0.0);
        let passed_ms = (now_ms - self.last_ms).max(1.0);
        (0..cores)
            .map(|core| {
                let index = CoreIndex(core as u16);
                let figures = run.scheduler.core_statistics(index);
                let (slices, slices_dropped) = run.scheduler.take_slices(index);
                let busy_ms = figures.busy_ms - self.busy_ms[core];
                self.busy_ms[core] = figures.busy_ms;
                CoreRow {
                    slices: slices
                        .iter()
                        .map(|slice| Slice {
                            actor: ActorNumber(slice.number),
                            start_ms: slice.start_ms,
                            length_ms: slice.length_ms as f32,
                        })
                        .collect(),
                    slices_dropped,
                    queued: figures.queued as u32,
                    steals: figures.steals,
                    busy: (busy_ms / passed_ms).clamp(0.0, 1.0) as f32,
                }
            })
            .collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[optimize(size)]
fn label_row(run: &Run, row: &mut ActorRow, address: Option<Address>) {
    if let Some(address) = address
        && row.label.is_empty()
        && let Ok(label) = run.scheduler.with_actor(address, |actor| actor.label())
    {
        row.label = label;
    }
    if row.label.is_empty() {
        row.label = format!("actor {}", row.actor.0);
    }
}

#[optimize(size)]
fn detail_of(
    actor: &mut Performer,
    mut row: ActorRow,
    wanted: &Observation,
    linker: &vm::Linker,
) -> ActorDetail {
    row.label = actor.label_in(linker);
    row.heap_words = actor.machine.heap().used_words() as u64;
    row.line = actor.machine.line();
    let (mailbox, mailbox_more) =
        if wanted.mailbox { inspect::message_rows(&actor.machine) } else { (Vec::new(), 0) };
    let (frames, frames_more) = if wanted.frames {
        inspect::frame_rows(&actor.machine, linker, inspect::FRAME_ROWS_MAX)
    } else {
        (Vec::new(), 0)
    };
    let totals = actor.machine.heap().totals();
    ActorDetail {
        row,
        mailbox,
        mailbox_more,
        frames,
        frames_more,
        bytecode: if wanted.bytecode { inspect::listing(&actor.machine, linker) } else { None },
        exit_reason: None,
        collections: totals.minor + totals.major,
    }
}

#[optimize(size)]
fn ended_detail(run: &Run, number: ActorNumber) -> Option<ActorDetail> {
    let ended = run.scheduler.ended().into_iter().find(|ended| ended.number == number.0)?;
    Some(ActorDetail {
        row: ended_row(ended.number, &ended.epitaph),
        mailbox: Vec::new(),
        mailbox_more: 0,
        frames: ended.epitaph.frames.clone(),
        frames_more: 0,
        bytecode: None,
        exit_reason: Some(ended.reason.text().to_string()),
        collections: ended.epitaph.collections,
    })
}

/// Sums over a run. O(actors).
#[optimize(size)]
pub fn totals(run: &Run) -> Totals {
    let statistics = run.scheduler.statistics();
    let (reclaimed_words, mut allocated_words) = run.stage.word_totals();
    let mut depth_words_max = 0;
    run.scheduler.for_each_actor(|view| {
        allocated_words += view.gauge.allocated_words();
        depth_words_max = depth_words_max.max(view.gauge.depth_words());
    });
    let (collections, collection_ms) = run.stage.collection_totals();
    let (journal_entries, journal_dropped) = run.stage.journal.counts();
    Totals {
        actors: statistics.alive as u32,
        actors_ready: statistics.ready as u32,
        actors_ended: statistics.ended,
        reductions: statistics.reductions,
        messages: statistics.messages,
        heap_bytes: run.stage.budget.used_bytes(),
        heap_bytes_max: run.stage.budget.limit_bytes(),
        collections,
        collection_ms,
        reclaimed_words,
        allocated_words,
        depth_words_max,
        journal_entries,
        journal_dropped,
        snapshot_ms: 0.0,
    }
}

#[optimize(size)]
fn collection_rows(run: &Run, observation: &Observation) -> (Vec<Collection>, u64) {
    if !observation.collections {
        return (Vec::new(), 0);
    }
    let (taken, mut dropped) = run.stage.take_collections();
    let skipped = taken.len().saturating_sub(COLLECTIONS_MAX);
    dropped += skipped as u64;
    let rows = taken.into_iter().skip(skipped).map(|(number, reductions, collection)| Collection {
        actor: ActorNumber(number),
        major: collection.major,
        kind: collection.kind.name().to_string(),
        cause: collection.cause.name().to_string(),
        at_ms: collection.at_ms - run.stage.origin_ms,
        words_before: collection.words_before as u64,
        words_after: collection.words_after as u64,
        objects: collection.objects,
        pause_ms: collection.pause_ms,
        reductions,
    });
    (rows.collect(), dropped)
}
